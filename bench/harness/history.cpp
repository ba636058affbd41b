#include "harness/history.hpp"

#include <fmt/format.h>

#include "bare/database.hpp"
#include "millrace/envelope.pb.h"
#include "store/sqlite_store.hpp"

namespace millrace::bench {
namespace {

constexpr std::uint64_t events_per_commit = 10'000;

std::string envelope_at(std::uint64_t at, const Moved& body, bool explicit_routes) {
  v1::Envelope envelope;
  if (at > 0) envelope.set_cause(at - 1);
  if (explicit_routes) {
    auto& routes = *envelope.mutable_routes();
    routes.add_keys("Everything");
    routes.add_keys("ByItem|" + body.item());
    routes.add_keys("ByPlace|" + body.place());
  }
  return envelope.SerializeAsString();
}

void clear(const std::filesystem::path& file, std::initializer_list<const char*> statements) {
  bare::database in{file, bare::database::mode::write};
  in.run("BEGIN");
  for (const auto* each : statements) in.run(each);
  in.run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace

Moved moved_at(std::uint64_t at, std::uint64_t instances) {
  const auto mixed = (at + 1) * 0x9e3779b97f4a7c15u;
  Moved body;
  body.set_item(fmt::format("item-{}", (mixed >> 20) % instances));
  body.set_place(fmt::format("place/{}", (mixed >> 40) % instances));
  body.set_text("from here to there");
  return body;
}

history::history(history_shape shape) : shape_(shape) {
  auto made = got(open_sqlite_store(directory(), open_mode::own));
  for (std::uint64_t first = 0; first < shape_.events; first += events_per_commit) {
    const auto end = std::min(first + events_per_commit, shape_.events);
    std::vector<std::pair<std::string, std::string>> texts;
    for (auto at = first; at < end; ++at) {
      const auto body = moved_at(at, shape_.instances);
      texts.emplace_back(body.SerializeAsString(), envelope_at(at, body, shape_.explicit_routes));
    }
    commit_batch batch;
    for (auto at = first; at < end; ++at) {
      const auto& [payload, envelope] = texts[at - first];
      batch.events.push_back({position{at}, "Moved", timestamp{}, payload, envelope});
    }
    got(made->commit(batch));
    while (got(made->maintain())) {
    }
  }
  got(made->close());
}

std::filesystem::path history::file() const { return directory() / store_file_name; }

void history::forget_flows() const {
  clear(file(), {"DELETE FROM posting_blocks", "DELETE FROM effect_blocks", "DELETE FROM flows",
                 "DELETE FROM states", "DELETE FROM checkpoint_log", "DELETE FROM flow_types",
                 "DELETE FROM dropped_builds", "UPDATE progress SET value = 0"});
}

void history::forget_derived() const {
  clear(file(), {"DELETE FROM posting_blocks", "DELETE FROM effect_blocks", "DELETE FROM flows"});
}

void history::pretend_routed() const {
  auto into = got(open_sqlite_store(directory(), open_mode::own_existing));
  commit_batch routed{.routed = position{shape_.events}};
  for (const auto name : {"Everything", "ByItem", "ByPlace"}) {
    if (shape_.explicit_routes) continue;
    auto& type = routed.flow_types.emplace_back();
    type.set_name(name);
    type.set_version(1);
    type.set_single(name == std::string_view{"Everything"});
    type.set_build(1);
    type.set_served(true);
    type.set_routed(shape_.events);
  }
  got(into->commit(routed));
  got(into->close());
}

void add_flows(host& to, flow_options options) {
  got(to.add<everything>(options));
  got(to.add<by_item>(options));
  got(to.add<by_place>(options));
}

double replay(const history& over, flow_options options, const std::function<void(host&)>& look) {
  over.forget_flows();
  host one{{.store = over.directory()}};
  add_flows(one, options);
  const double took = seconds_of([&] {
    got(one.open());
    got(one.wait_until_caught_up(std::chrono::hours{2}));
  });
  const auto counted = got(one.read<everything>());
  need(counted.state.count() == over.shape().events, "the replay missed events");
  if (look) look(one);
  one.stop(std::chrono::minutes{10});
  return took;
}

}  // namespace millrace::bench
