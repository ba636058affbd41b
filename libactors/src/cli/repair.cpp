// retry, skip, reset: let flows go on, or begin anew.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

/// On which event the routing of the type, or else the flow, is stopped; none: it is not, or is not
/// known.
result<std::optional<position>> stopped_at(const context& in, const flow_key& key) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto types = (*from)->flow_types();
  if (!types) return types.error();
  for (const auto& type : *types) {
    if (type.name() == key.text() && type.has_error_position() && !type.retired()) {
      return std::optional{position{type.error_position()}};
    }
  }
  auto row = (*from)->find_flow(key, build_list{*types}.running(key.type()));
  if (!row) return row.error();
  if (!*row || !(*row)->checkpoint.has_error_position()) return std::optional<position>{};
  return std::optional{position{(*row)->checkpoint.error_position()}};
}

/// A flow type of many instances, which this program has.
bool names_many(const context& in, const flow_key& key) {
  const auto type = in.known.table.find(key.text());
  return !key.has_id() && type && !in.known.table.types()[*type]->single;
}

/// The name of a type of many instances is no flow, but it is not unknown either.
error refusal(const context& in, const flow_key& key, const error& by_host) {
  const bool names_type = !key.has_id() && in.known.table.find(key.text());
  if (by_host.code != errc::not_found || !names_type) return by_host;
  return {errc::conflict, fmt::format("the routing of {} is not stopped", key.text())};
}

struct repaired {
  const char* name;
  result<void> (host::*call)(const flow_key& key);
  const char* in_words;
};

outcome repair(const context& in, const std::string& key_text, const repaired& what) {
  const auto key = flow_key::parse(key_text);
  auto at = stopped_at(in, key);
  if (!at) return at.error();
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return opened.error();
  if (auto done = ((**opened).*what.call)(key); !done) return refusal(in, key, done.error());
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::repaired_line(key_text, what.name, *at));
    return exit_code::done;
  }
  const auto event = *at ? fmt::format("event {}", (*at)->value) : std::string{"the failed event"};
  in.out.line(event + what.in_words);
  return exit_code::done;
}

/// Every flow of the type, one after the other: each reads its own events when it runs.
outcome reset_all(const context& in, const reset_command& options) {
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return opened.error();
  std::vector<flow_key> keys;
  auto listed = (*opened)->flows(
      [&](const flow_summary& one) {
        if (one.key.text() != options.key) keys.push_back(one.key);
      },
      options.key);
  if (!listed) return listed.error();
  if (keys.empty()) return error{errc::not_found, "there is no flow of the type " + options.key};
  progress bar = in.long_work("resetting");
  for (std::size_t done = 0; done < keys.size(); ++done) {
    bar.tell(done, keys.size());
    auto begun = (*opened)->reset(keys[done], {.accept_history = options.accept_history});
    if (!begun) {
      return error{begun.error().code,
                   fmt::format("{} of {} flows begin anew; {}: {}", done, keys.size(),
                               keys[done].text(), begun.error().message)};
    }
  }
  bar.wipe();
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::reset_line(options.key, options.accept_history, keys.size()));
    return exit_code::done;
  }
  in.out.line(fmt::format("{} of {} begin anew with the next run", counted(keys.size(), "flow"),
                          inert(options.key)));
  return exit_code::done;
}

outcome retry_all(const context& in, const retry_options& options) {
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return opened.error();
  auto count = (*opened)->retry_all({.type = options.type, .error = options.error});
  if (!count) return count.error();
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::retried_line(*count));
  } else if (*count == 0) {
    in.out.line("no flow that is stopped fits");
  } else {
    in.out.line(fmt::format("{} will be tried again by the next run", counted(*count, "flow")));
  }
  return exit_code::done;
}

}  // namespace

outcome retry(const context& in, const retry_options& options) {
  if (options.all) return retry_all(in, options);
  return repair(in, options.key, {"retry", &host::retry, " will be tried again by the next run"});
}

outcome skip(const context& in, const std::string& key) {
  return repair(in, key, {"skip", &host::skip, " is passed by; the next run goes on after it"});
}

outcome reset(const context& in, const reset_command& options) {
  const auto key = flow_key::parse(options.key);
  if (names_many(in, key)) return reset_all(in, options);
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return opened.error();
  auto begun = (*opened)->reset(key, {.accept_history = options.accept_history});
  if (!begun) return begun.error();
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::reset_line(options.key, options.accept_history));
    return exit_code::done;
  }
  in.out.line(fmt::format("{} begins anew with the next run", inert(options.key)));
  return exit_code::done;
}

}  // namespace millrace::cli
