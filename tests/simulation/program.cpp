#include "program.hpp"

#include <algorithm>

#include "scans/scans.hpp"
#include "test_flows.hpp"

namespace millrace::simulation {
namespace {

using namespace std::chrono_literals;

constexpr int versions_max = 3;

template <class T, std::size_t N>
T one_of(scans::dice& dice, const std::array<T, N>& choices) {
  return choices[dice.below(N)];
}

flow_options any_options(scans::dice& dice) {
  flow_options chosen;
  chosen.flush.count = one_of(dice, std::array<std::size_t, 6>{1, 2, 3, 7, 64, 4096});
  chosen.flush.age = one_of(dice, std::array<duration, 4>{0us, 5ms, 100ms, 2s});
  if (dice.one_in(2)) chosen.on_error = retry_then_stop(2).with_backoff(50ms);
  if (dice.one_in(4)) chosen.on_new_version = new_version::wait_for_switch;
  return chosen;
}

template <class Query>
flow_type version_of(int version) {
  auto made = describe<Query>({}, std::int64_t{version});
  made.version = version;
  return made;
}

/// Collects the types that scans::add_scans hands it.
struct type_list {
  std::vector<flow_type> types;
  void add(flow_type type) { types.push_back(std::move(type)); }
};

}  // namespace

program::program(std::uint64_t seed, faults& bugs) : dice_(seed), bugs_(bugs) {
  type_list shop;
  scans::add_scans(shop, {.scan_time_limit = 1min * dice_.between(1, 40)});
  for (auto& type : shop.types) add(std::move(type));
  add(version_of<image_ledger>(1), &version_of<image_ledger>);
  add(version_of<chronicle>(1), &version_of<chronicle>);
  add(version_of<scribe>(1), &version_of<scribe>);
  add(describe<diarist>({}, duration{1s * dice_.between(1, 600)}));
  add(describe<night_watch>());
}

void program::add(flow_type type, maker versions) {
  type.options = any_options(dice_);
  const bool comes_late = type.name != scans::smart_scanner::name && dice_.one_in(3);
  parts_.push_back({.type = std::move(type), .versions = versions, .hosted = {}});
  if (!comes_late) add_to_program(parts_.back(), {});
}

void program::add_to_program(part& one, position tail) {
  one.hosted.insert(1);
  const bool sees_all = one.type.starts_from == first_event::of_history;
  if (one.type.topic && !sees_all) since_[one.type.name] = tail;
}

void program::install(host_test& into) const {
  into.clear_flows();
  for (auto& type : hosted()) into.add(with_faults(std::move(type), bugs_));
}

bool program::change(position tail) {
  bool changed = false;
  for (auto& one : parts_) {
    if (one.hosted.empty()) {
      if (!dice_.one_in(4)) continue;
      add_to_program(one, tail);
    } else {
      if (one.versions == nullptr || !dice_.one_in(3)) continue;
      // Of a topic there is one version at a time: two would decide twice.
      if (one.type.topic || !dice_.one_in(3)) one.hosted.clear();
      one.hosted.insert(static_cast<int>(dice_.between(1, versions_max)));
    }
    changed = true;
  }
  return changed;
}

flow_type program::made(const part& of, int version) {
  if (of.versions == nullptr) return of.type;
  auto made = of.versions(version);
  made.options = of.type.options;
  return made;
}

std::vector<flow_type> program::hosted() const {
  std::vector<flow_type> all;
  for (const auto& one : parts_) {
    for (const auto version : one.hosted) all.push_back(made(one, version));
  }
  return all;
}

std::vector<flow_type> program::newest() const { return with({}, 0); }

std::vector<flow_type> program::with(std::string_view name, std::uint32_t version) const {
  std::vector<flow_type> all;
  for (const auto& one : parts_) {
    if (one.hosted.empty()) continue;
    const bool named = one.type.name == name;
    all.push_back(made(one, named ? static_cast<int>(version) : *one.hosted.rbegin()));
  }
  return all;
}

std::uint32_t program::newest_version(std::string_view name) const {
  for (const auto& one : newest()) {
    if (one.name == name) return static_cast<std::uint32_t>(one.version);
  }
  return 0;
}

bool program::has_versions(std::string_view name) {
  return name == scribe::name ||
         std::find(with_versions.begin(), with_versions.end(), name) != with_versions.end();
}

}  // namespace millrace::simulation
