#include "millrace/host_test.hpp"

#include <stdexcept>

#include "base/virtual_clock.hpp"
#include "host/host_parts.hpp"
#include "millrace/envelope.pb.h"
#include "store/memory_store.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error{"host_test: " + what}; }

template <class T>
T need(result<T> outcome, const char* doing) {
  if (!outcome) fail(std::string{doing} + ": " + outcome.error().message);
  return std::move(*outcome);
}

}  // namespace

struct host_test::parts {
  host_test_options options;
  memory_store memory;
  virtual_clock time;
  std::vector<flow_type> types;
  std::unique_ptr<host> alive;
  bool crashed = false;
  std::uint64_t commits = 0;
  std::uint64_t starts = 0;
  std::function<bool(std::uint64_t)> hook;

  bool before_commit() {
    if (crashed) return false;
    crashed = hook && !hook(commits);
    if (!crashed) ++commits;
    return !crashed;
  }
  void open();
  void run();
};

void host_test::parts::open() {
  alive = std::make_unique<host>(options.host);
  alive->inside().bounds = work_bounds::of(options.room);
  const auto seed = options.seed == 0 ? 0 : options.seed + starts;
  ++starts;
  alive->inside().in_virtual_time =
      host::parts::virtual_time{.memory = &memory,
                                .time = &time,
                                .seed = seed,
                                .before_commit = [this] { return before_commit(); },
                                .run_all = [this] { run(); }};
  for (const auto& each : types) {
    if (auto added = alive->add(each); !added) fail("add: " + added.error().message);
  }
  if (auto opened = alive->open(); !opened) {
    alive.reset();
    fail("open: " + opened.error().message);
  }
}

void host_test::parts::run() {
  while (!crashed && alive && alive->inside().running->step()) {
  }
}

host_test::host_test(host_test_options options) : parts_(std::make_unique<parts>()) {
  parts_->options = std::move(options);
}

host_test::~host_test() {
  if (parts_->alive) crash();
}

host_test& host_test::add(flow_type type) {
  if (parts_->alive) fail("add flows before the first append");
  parts_->types.push_back(std::move(type));
  return *this;
}

host_test& host_test::clear_flows() {
  if (parts_->alive) fail("another program comes after the end of this one");
  parts_->types.clear();
  return *this;
}

host& host_test::running() {
  if (!parts_->alive) parts_->open();
  return *parts_->alive;
}

position host_test::append(const google::protobuf::Message& body) {
  new_event one;
  one.type = body.GetDescriptor()->name();
  one.payload = body.SerializeAsString();
  return append(std::move(one));
}

position host_test::append(new_event one) {
  std::vector<new_event> events;
  events.push_back(std::move(one));
  return need(try_append(std::move(events)), "append").front();
}

result<std::vector<position>> host_test::try_append(std::vector<new_event> events,
                                                    append_condition condition) {
  auto answer = running().append(std::move(events), std::move(condition));
  run();
  if (answer.wait_for(duration{0}) != std::future_status::ready) {
    return error{errc::closed, "the process died before it answered"};
  }
  return answer.get();
}

future<result<std::vector<position>>> host_test::append_later(std::vector<new_event> events) {
  return running().append(std::move(events));
}

void host_test::run() {
  running();
  parts_->run();
}

bool host_test::step() {
  running();
  return !parts_->crashed && parts_->alive->inside().running->step();
}

void host_test::advance(duration by) {
  if (!parts_->alive && parts_->starts > 0) return parts_->time.advance(by);
  run();
  while (by > duration{0} && !parts_->crashed) {
    auto& engine = *parts_->alive->inside().running;
    const auto next = engine.next_timeout();
    const auto part = next ? std::clamp(*next, duration{0}, by) : by;
    parts_->time.advance(part);
    engine.advance(part);
    by -= part;
    parts_->run();
  }
}

timestamp host_test::now() const { return parts_->time.now(); }

void host_test::crash() {
  if (!parts_->alive) return;
  parts_->crashed = true;
  auto& inside = parts_->alive->inside();
  inside.running->crash();
  inside.running.reset();
  parts_->alive.reset();
}

void host_test::restart() {
  restart_paused();
  parts_->run();
}

void host_test::restart_paused() {
  if (parts_->alive) fail("restart: it is running");
  parts_->memory.reopen();
  parts_->crashed = false;
  parts_->open();
}

void host_test::crash_and_restart() {
  crash();
  restart();
}

void host_test::stop() {
  running().stop();
  parts_->alive.reset();
}

std::vector<host_test::recorded> host_test::timeline(std::string_view type) {
  std::vector<recorded> all;
  const auto collect = [&](const event_row& row) {
    if (!type.empty() && row.type != type) return true;
    v1::Envelope envelope;
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    recorded one{.at = row.at,
                 .type = std::string{row.type},
                 .time = row.time,
                 .cause = {},
                 .emitter = envelope.emitter(),
                 .from_schedule = envelope.from_schedule(),
                 .due = {},
                 .payload = std::string{row.payload}};
    if (envelope.has_cause()) one.cause = position{envelope.cause()};
    if (envelope.has_due()) one.due = timestamp{duration{envelope.due()}};
    all.push_back(std::move(one));
    return true;
  };
  auto read = parts_->memory.scan({}, parts_->memory.tail(), collect);
  if (!read) fail("timeline: " + read.error().message);
  return all;
}

std::vector<flow_summary> host_test::flows() {
  std::vector<flow_summary> all;
  auto read = running().flows([&](const flow_summary& one) { all.push_back(one); });
  if (!read) fail("flows: " + read.error().message);
  return all;
}

flow_summary host_test::flow(const flow_key& key) {
  for (auto& each : flows()) {
    if (each.key == key) return each;
  }
  fail("no flow " + key.text());
}

std::vector<position> host_test::schedule() {
  std::vector<position> due;
  for (const auto& each :
       need(parts_->memory.schedule(store::timers::all, std::nullopt, SIZE_MAX), "schedule")) {
    due.push_back(each.at);
  }
  return due;
}

void host_test::on_commit(std::function<bool(std::uint64_t)> hook) {
  parts_->hook = std::move(hook);
}

void host_test::disk(std::function<result<void>()> hook) {
  parts_->memory.before_commit(
      [hook = std::move(hook)](const commit_batch&) { return hook ? hook() : result<void>{}; });
}

bool host_test::crashed() const { return parts_->crashed; }

std::uint64_t host_test::commits() const { return parts_->commits; }

}  // namespace millrace
