/// A topic that does what its events tell it, and keeps what its `given` saw: for scenarios about
/// lives and timers.
#pragma once

#include <millrace/flow.hpp>
#include <millrace/host_test.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/flows.pb.h"

namespace millrace::test {

/// The tag of a timer begins with the minutes until it fires; one that ends with `!` starts a life.
/// A fired Bell is answered with a Word, a fired Chime is only noted.
struct diarist {
  static constexpr std::string_view name = "Diarist";
  using observes = events<Act, Word, Bell, Chime>;

  static millrace::route route(const Act& e) { return e.joins() ? joins(e.id()) : starts(e.id()); }
  static millrace::route route(const Word& e) { return joins(e.id()); }
  static millrace::route route(const Bell& e) {
    return e.starts() ? starts(e.id()) : joins(e.id());
  }
  static millrace::route route(const Chime& e) { return joins(e.id()); }

  explicit diarist(const bool* is_broken = nullptr) : broken(is_broken) {}

  void given(const Act& e) { state.add_lines(e.tag()); }
  void given(const Word& e) { state.add_lines("word " + e.tag()); }
  void given(const Bell& e) { state.add_lines("bell " + e.tag()); }
  void given(const Chime& e) { state.add_lines("chime " + e.tag()); }

  void when(const Act& e, reactions& then) const {
    for (const auto& one : e.does()) decide(e.id(), one, then);
  }
  void when(const Bell& e, reactions& then) const { say(then, e.id(), "heard " + e.tag()); }

  Diary state;
  const bool* broken;

 private:
  static void say(reactions& then, const std::string& id, const std::string& tag) {
    auto& word = then.emit<Word>();
    word.set_id(id);
    word.set_tag(tag);
  }
  template <class E>
  static E& ring(reactions& then, const std::string& id, const std::string& tag) {
    auto& timer = then.emit_after<E>(std::chrono::minutes{std::stoi(tag)});
    timer.set_id(id);
    timer.set_tag(tag);
    return timer;
  }
  void decide(const std::string& id, const Do& one, reactions& then) const {
    switch (one.kind()) {
      case Do::SAY: return say(then, id, one.tag());
      case Do::BELL: return ring<Bell>(then, id, one.tag()).set_starts(one.tag().ends_with('!'));
      case Do::CHIME: return static_cast<void>(ring<Chime>(then, id, one.tag()));
      case Do::CANCEL_BELL: return then.cancel<Bell>();
      case Do::CANCEL_CHIME: return then.cancel<Chime>();
      case Do::DONE: return then.done();
      case Do::THROW:
        if (broken != nullptr && *broken) throw std::runtime_error{"cannot " + one.tag()};
        return;
      default: throw std::logic_error{"not in the script of a diarist"};
    }
  }
};

using script = std::initializer_list<std::pair<Do::Kind, std::string>>;

inline Act act(const std::string& id, const std::string& tag, script does = {}) {
  Act made;
  made.set_id(id);
  made.set_tag(tag);
  for (const auto& [kind, with] : does) {
    auto& one = *made.add_does();
    one.set_kind(kind);
    one.set_tag(with);
  }
  return made;
}
inline Act joining(Act made) {
  made.set_joins(true);
  return made;
}

/// What a living instance has noted; of one that is not alive: "not alive".
inline std::vector<std::string> lines(host_test& test, std::string_view id) {
  const auto seen = test.read<diarist>(id);
  if (!seen) return {"not alive"};
  return {seen->state.lines().begin(), seen->state.lines().end()};
}

/// The firings among what is recorded, in order.
inline std::vector<host_test::recorded> fired(host_test& test, std::string_view type = {}) {
  auto all = test.timeline(type);
  std::erase_if(all, [](const auto& each) { return !each.from_schedule; });
  return all;
}

/// Appends under an id until it is acknowledged, whatever dies meanwhile, as a client would.
inline position append_surely(host_test& test, const google::protobuf::Message& body,
                              const std::string& id) {
  new_event one;
  one.type = body.GetDescriptor()->name();
  one.payload = body.SerializeAsString();
  one.id = id;
  for (;;) {
    auto answer = test.try_append({one});
    if (test.crashed()) test.crash_and_restart();
    if (answer) return answer->front();
  }
}

/// Lets time pass, and the process come back whenever it died.
inline void live_on(host_test& test, std::chrono::minutes time) {
  for (; time.count() > 0; --time) {
    test.advance(std::chrono::minutes{1});
    while (test.crashed()) test.crash_and_restart();
  }
}

}  // namespace millrace::test
