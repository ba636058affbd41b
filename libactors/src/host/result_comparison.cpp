#include "host/result_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/switching.hpp"
#include "host/built_result.hpp"
#include "host/state_shape.hpp"
#include "store/builds.hpp"

namespace millrace {
namespace {

constexpr std::size_t paths_max = 1000;

struct two_builds {
  v1::FlowType former, newer;
  position former_until, newer_until;

  [[nodiscard]] std::optional<position> at() const {
    const auto end = std::min(former_until, newer_until);
    if (end == position{}) return std::nullopt;
    return position{end.value - 1};
  }
};

result<position> end_of(const store& from, const v1::FlowType& row) {
  if (row.retired()) return position{row.frozen_at()};
  if (row.explicit_only()) return from.routed();
  return position{row.routed()};
}

/// The one that runs, and what it is to be held against. The rows are read before the flows:
/// inboxes are whole up to where they say.
result<two_builds> find_builds(const store& from, const std::string& type) {
  auto rows = from.flow_types();
  if (!rows) return rows.error();
  std::erase_if(*rows, [&](const v1::FlowType& row) { return row.name() != type; });
  const v1::FlowType* newer = nullptr;
  for (const auto& row : *rows) {
    if (runs_rather(row, newer)) newer = &row;
  }
  if (newer == nullptr) return error{errc::not_found, "no flow type " + type};
  if (newer->topic()) {
    return error{errc::conflict,
                 type + " is a topic: another version of it goes on where the former one ended"};
  }
  two_builds made{.newer = *newer, .former_until = {}, .newer_until = {}};
  auto until = end_of(from, *newer);
  if (!until) return until.error();
  made.newer_until = *until;
  std::optional<std::pair<bool, position>> best;
  for (const auto& row : *rows) {
    if (build_of(row) == build_of(*newer)) continue;
    auto end = end_of(from, row);
    if (!end) return end.error();
    const std::pair rank{row.served(), *end};
    if (best && rank < *best) continue;
    best = rank;
    made.former = row;
    made.former_until = *end;
  }
  if (best) return made;
  return error{errc::conflict,
               fmt::format("there is one result of {}, of version {}", type, made.newer.version())};
}

compared_result described(const v1::FlowType& row, position until, const built_result& of) {
  return {.build = static_cast<std::uint32_t>(build_of(row)),
          .version = row.version(),
          .served = row.served(),
          .frozen = row.retired(),
          .known = of.has_code(),
          .until = until};
}

const google::protobuf::Message* newest_state(const interest_table& interest,
                                              std::string_view type) {
  const auto index = interest.find(type);
  return index ? interest.types()[*index]->state_prototype : nullptr;
}

/// Takes the instances as they come, in byte order of keys.
class comparing {
 public:
  comparing(const store& from, const interest_table& interest, const type_registry& types,
            const two_builds& both, const compare_options& options)
      : at_(both.at().value_or(position{})),
        examples_max_(options.examples),
        former_(from, interest, types, both.former),
        newer_(from, interest, types, both.newer),
        shape_(newest_state(interest, both.newer.name()),
               {both.former.state_fingerprint(), both.newer.state_fingerprint()}),
        made_{.type = both.newer.name(),
              .at = both.at(),
              .former = described(both.former, both.former_until, former_),
              .newer = described(both.newer, both.newer_until, newer_),
              .fields = {},
              .by_number = shape_.by_number(),
              .examples = {}} {}

  result<void> run(const store& from, const two_builds& both);
  result_comparison take() && { return std::move(made_); }

 private:
  struct pair {
    std::optional<flow_row> former, newer;
  };
  result<void> settle(const pair& rows);
  result<std::pair<instance_at, instance_at>> take_both(const pair& rows) const;
  void compare(compared_instance one, const instance_at& former, const instance_at& newer);
  void count_field(const std::string& path);
  [[nodiscard]] bool is_example(instance_difference kind) const {
    return examples_[static_cast<std::size_t>(kind)] < examples_max_;
  }
  void add_example(compared_instance one);

  position at_;
  std::size_t examples_max_;
  built_result former_, newer_;
  state_shape shape_;
  result_comparison made_;
  std::array<std::size_t, 4> examples_{};  ///< by kind
};

result<void> comparing::run(const store& from, const two_builds& both) {
  pair rows;
  std::string key;
  result<void> settled;
  auto read = from.flows(both.newer.name(), [&](const flow_row& row) {
    const bool is_former = row.entry.build == build_of(both.former);
    if (!is_former && row.entry.build != build_of(both.newer)) return true;
    if (row.entry.key.text() != key) {
      settled = settle(rows);
      rows = {};
      key = row.entry.key.text();
    }
    (is_former ? rows.former : rows.newer) = row;
    return settled.has_value();
  });
  if (!read) return read;
  return settled ? settle(rows) : settled;
}

/// Both after one event: `at`, or where one was saved that cannot be brought there.
result<std::pair<instance_at, instance_at>> comparing::take_both(const pair& rows) const {
  auto former = former_.take(rows.former, at_);
  if (!former) return former.error();
  if (!former->is_told()) return std::pair{std::move(*former), instance_at{}};
  auto newer = newer_.take(rows.newer, former->at);
  if (!newer) return newer.error();
  if (newer->is_told() && newer->at < former->at) {
    former = former_.take(rows.former, newer->at);
    if (!former) return former.error();
  }
  if (former->is_told() && newer->is_told() && former->at != newer->at) {
    former->why = fmt::format("the states were saved after events {} and {}", former->at.value,
                              newer->at.value);
  }
  return std::pair{std::move(*former), std::move(*newer)};
}

result<void> comparing::settle(const pair& rows) {
  if (!rows.former && !rows.newer) return {};
  auto both = take_both(rows);
  if (!both) return both.error();
  const auto& [former, newer] = *both;
  compared_instance one{.key = (rows.former ? rows.former : rows.newer)->entry.key.text(),
                        .why = former.is_told() ? newer.why : former.why,
                        .at = former.at,
                        .fields = {}};
  if (!one.why.empty()) {
    one.kind = instance_difference::untold;
    ++made_.untold;
    add_example(std::move(one));
  } else if (former.alive || newer.alive) {
    compare(std::move(one), former, newer);
  }
  return {};
}

void comparing::compare(compared_instance one, const instance_at& former,
                        const instance_at& newer) {
  std::vector<std::string> fields;
  if (former.alive && newer.alive) {
    auto compared = shape_.compare({former.state, former.is_json}, {newer.state, newer.is_json});
    if (!compared) {
      one.kind = instance_difference::untold;
      one.why = compared.error().message;
      ++made_.untold;
      return add_example(std::move(one));
    }
    fields = std::move(*compared);
  }
  made_.former.instances += former.alive ? 1 : 0;
  made_.newer.instances += newer.alive ? 1 : 0;
  made_.earlier += one.at < at_ ? 1 : 0;
  if (former.alive != newer.alive) {
    one.kind = former.alive ? instance_difference::former_only : instance_difference::newer_only;
    ++(former.alive ? made_.former : made_.newer).alone;
  } else if (fields.empty()) {
    ++made_.equal;
    return;
  } else {
    ++made_.differing;
    for (const auto& path : fields) count_field(path);
    one.fields = std::move(fields);
  }
  if (!is_example(one.kind)) return;
  if (former.alive) one.former = shape_.shown({former.state, former.is_json});
  if (newer.alive) one.newer = shape_.shown({newer.state, newer.is_json});
  add_example(std::move(one));
}

void comparing::count_field(const std::string& path) {
  const bool is_new = !made_.fields.contains(path);
  ++made_.fields[is_new && made_.fields.size() >= paths_max ? "..." : path];
}

void comparing::add_example(compared_instance one) {
  if (!is_example(one.kind)) return;
  ++examples_[static_cast<std::size_t>(one.kind)];
  made_.examples.push_back(std::move(one));
}

}  // namespace

result<result_comparison> compare_results(const store& from, const interest_table& interest,
                                          const type_registry& types, const std::string& type,
                                          const compare_options& options) {
  auto both = find_builds(from, type);
  if (!both) return both.error();
  comparing made{from, interest, types, *both, options};
  if (!both->at()) return std::move(made).take();
  if (auto done = made.run(from, *both); !done) return done.error();
  auto again = from.flow_types();
  if (!again) return again.error();
  for (const auto* row : {&both->former, &both->newer}) {
    const bool is_kept = std::any_of(again->begin(), again->end(), [&](const auto& one) {
      return one.name() == row->name() && build_of(one) == build_of(*row);
    });
    if (!is_kept) return error{errc::conflict, "a result of " + type + " was dropped meanwhile"};
  }
  return std::move(made).take();
}

result<switch_report> plan_switch(const store& from, const std::string& type,
                                  switch_options options) {
  auto rows = from.flow_types();
  if (!rows) return rows.error();
  const build_list builds{*rows};
  const v1::FlowType* served = nullptr;
  const v1::FlowType* next = nullptr;
  std::size_t former = 0;
  for (const auto& row : *rows) {
    if (row.name() != type) continue;
    if (build_of(row) == builds.served(type)) served = &row;
    if (build_of(row) == builds.running(type) && !row.retired()) next = &row;
    if (row.retired()) ++former;
  }
  if (next == nullptr || served == nullptr) {
    return error{errc::not_found, "no flow type " + type};
  }
  if (next != served) {
    if (auto fits = check_caught_up(from, *served, *next); !fits) return fits.error();
  } else if (former == 0 || !options.drop_old) {
    return nothing_to_switch(type);
  }
  return switch_report{.former = static_cast<std::uint32_t>(build_of(*served)),
                       .served = static_cast<std::uint32_t>(build_of(*next)),
                       .version = next->version(),
                       .dropped = options.drop_old ? former : 0};
}

}  // namespace millrace
