// compare TYPE: the results of two versions of a query.
#include "cli/compare.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "documents/comparison.hpp"
#include "documents/text.hpp"
#include "host/result_comparison.hpp"

namespace millrace::cli {
namespace {

void show_json(const context& in, const result_comparison& of) {
  in.out.json(documents::line_of(of));
  for (const auto& one : of.examples) in.out.json(documents::line_of(one, of.by_number));
}

std::string described(const compared_result& of) {
  return fmt::format("version {} (build {}{}{}), made up to {}", of.version, of.build,
                     of.served ? ", served" : "", of.frozen ? ", frozen" : "", of.until.value);
}

void show_counts(const context& in, const result_comparison& of) {
  const auto line = [&](const std::string& name, const std::string& value) {
    in.out.line(fmt::format("  {:<18} {}", inert(name), value));
  };
  const auto only = [](const compared_result& in_it) {
    return fmt::format("only in version {}", in_it.version);
  };
  line("instances",
       fmt::format("{} and {}", grouped(of.former.instances), grouped(of.newer.instances)));
  if (of.former.alone > 0) line(only(of.former), grouped(of.former.alone));
  if (of.newer.alone > 0) line(only(of.newer), grouped(of.newer.alone));
  line("equal", grouped(of.equal));
  line("differing", grouped(of.differing));
  if (of.untold > 0) line("not compared", grouped(of.untold));
  if (of.earlier > 0) {
    line("earlier", grouped(of.earlier) +
                        ", where they were saved: the code is not here that "
                        "could bring them further");
  }
  for (const auto& [path, count] : of.fields) {
    line((of.by_number ? "field number " : "field ") + path, grouped(count));
  }
}

void show_example(const context& in, const result_comparison& of, const compared_instance& one) {
  const auto key = inert(one.key);
  switch (one.kind) {
    case instance_difference::former_only:
      in.out.line(fmt::format("{} is only in version {}", key, of.former.version));
      break;
    case instance_difference::newer_only:
      in.out.line(fmt::format("{} is only in version {}", key, of.newer.version));
      break;
    case instance_difference::differs:
      in.out.line(fmt::format("{} differs in {}", key,
                              inert(fmt::format("{}", fmt::join(one.fields, ", ")))));
      break;
    case instance_difference::untold:
      return in.out.line(fmt::format("{} was not compared: {}", key, inert(one.why)));
  }
  const auto state = [&](const compared_result& from, bool is_there,
                         const std::optional<std::string>& shown) {
    if (!is_there) return;
    const auto text = shown ? inert(*shown) : std::string{"over 64 KiB"};
    in.out.line(shorten(fmt::format("  version {:<4} {}", from.version, text), in.out.width()));
  };
  state(of.former, one.kind != instance_difference::newer_only, one.former);
  state(of.newer, one.kind != instance_difference::former_only, one.newer);
}

}  // namespace

void show_comparison(const context& in, const result_comparison& of) {
  if (in.json) return show_json(in, of);
  in.out.line(fmt::format("{}: {}, and {}{}", inert(of.type), described(of.former),
                          described(of.newer),
                          of.at ? fmt::format(", both as they were after event {}", of.at->value)
                                : std::string{": one has seen nothing yet"}));
  if (!of.at) return;
  if (of.by_number) {
    in.out.line("  This program cannot read both states as one message: fields are numbers.");
  }
  show_counts(in, of);
  for (const auto& one : of.examples) {
    if (!in.out.is_open()) return;
    show_example(in, of, one);
  }
}

outcome compare(const context& in, const compare_command& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto made = compare_results(**from, in.known.table, in.known.registry, options.type,
                              {.examples = options.limit});
  if (!made) return made.error();
  show_comparison(in, *made);
  return exit_code::done;
}

}  // namespace millrace::cli
