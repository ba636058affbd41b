/// A topic that does what its events tell it, and keeps a diary of what its `given` saw.
#pragma once

#include <fmt/format.h>

#include <stdexcept>

#include "base/limits.hpp"
#include "millrace/flow.hpp"
#include "support/flows.pb.h"
#include "support/other.pb.h"

namespace millrace::test {

struct diary {
  static constexpr std::string_view name = "Diary";
  static constexpr int version = 3;
  using observes = events<Act, Word, Bell, Chime>;

  static millrace::route route(const Act& e) { return e.joins() ? joins(e.id()) : starts(e.id()); }
  static millrace::route route(const Word& e) { return joins(e.id()); }
  static millrace::route route(const Bell& e) {
    return e.starts() ? starts(e.id()) : joins(e.id());
  }
  static millrace::route route(const Chime& e) { return joins(e.id()); }

  void given(const Act& e, const event& envelope) {
    note(e, envelope);
    if (e.given_throws()) throw std::runtime_error{"given of " + e.tag()};
    state.mutable_filler()->append(static_cast<std::size_t>(e.grow()), 'x');
    if (e.breaks()) state.set_text("\xC3");
  }
  void given(const Word& e, const event& envelope) { note(e, envelope); }
  void given(const Bell& e, const event& envelope) { note(e, envelope); }

  void when(const Act& e, reactions& then) const { decide(e, e.does(), then); }
  void when(const Word& e, reactions& then) const { decide(e, e.does(), then); }
  void when(const Chime& e, reactions& then) const { say(then, e.id(), "heard " + e.tag()); }

  Diary state;

 private:
  template <class E>
  void note(const E& e, const event& envelope) {
    const auto minutes = std::chrono::floor<std::chrono::minutes>(envelope.time);
    const auto at =
        envelope.at == unplaced ? std::string{"own"} : std::to_string(envelope.at.value);
    state.add_lines(fmt::format("{} {} @{} t{}", E::descriptor()->name(), e.tag(), at,
                                minutes.time_since_epoch().count()));
    ++(*state.mutable_counts())[e.tag()];
  }

  static void say(reactions& then, const std::string& id, std::string tag) {
    auto& word = then.emit<Word>();
    word.set_id(id);
    word.set_tag(std::move(tag));
  }

  template <class E>
  static void ring(reactions& then, const std::string& id, const std::string& tag) {
    auto& timer = then.emit_after<E>(std::chrono::minutes{tag.size()});
    timer.set_id(id);
    timer.set_tag(tag);
  }

  template <class E, class List>
  void decide(const E& e, const List& does, reactions& then) const {
    for (const auto& one : does) decide_one(e, one, then);
  }

  template <class E>
  void decide_one(const E& e, const Do& one, reactions& then) const {
    switch (one.kind()) {
      // The number of lines shows that `when` sees the state after its own `given`.
      case Do::SAY: return say(then, e.id(), fmt::format("{}{}", one.tag(), state.lines_size()));
      case Do::TELL: return say(then, one.tag(), "told");
      case Do::BELL: return ring<Bell>(then, e.id(), one.tag());
      case Do::CHIME: return ring<Chime>(then, e.id(), one.tag());
      case Do::CANCEL_BELL: return then.cancel<Bell>();
      case Do::CANCEL_CHIME: return then.cancel<Chime>();
      case Do::DONE: return then.done();
      case Do::THROW: throw std::runtime_error{"when of " + e.tag()};
      case Do::THROW_NUMBER: throw 42;
      case Do::HUGE: return say(then, e.id(), std::string(limits::event_size_max + 1, 'x'));
      case Do::BROKEN: return say(then, e.id(), "\xC3");
      case Do::UNHEARD: return then.emit<Unheard>().set_id(e.id());
      case Do::OTHER: return then.emit<other::Word>().set_different(1);
      case Do::MANY:
        for (std::size_t i = 0; i <= limits::reactions_per_event_max; ++i) then.emit<Unheard>();
        return;
      default: return;
    }
  }
};

/// A query on the same events: an Act tagged "end" ends it.
struct reader {
  static constexpr std::string_view name = "Reader";
  using observes = events<Act, Word>;

  static millrace::route route(const Act& e) { return e.joins() ? joins(e.id()) : starts(e.id()); }
  static millrace::route route(const Word& e) { return joins(e.id()); }

  void given(const Act& e) {
    state.add_lines(e.tag());
    state.mutable_filler()->append(static_cast<std::size_t>(e.grow()), 'x');
  }
  void given(const Word& e) { state.set_text(e.tag()); }
  bool ends(const Act& e) const { return e.tag() == "end"; }

  Diary state;
};

inline Act act(std::string tag, std::initializer_list<std::pair<Do::Kind, std::string>> does = {}) {
  Act made;
  made.set_id("x");
  made.set_tag(std::move(tag));
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

template <class E>
E of(std::string tag) {
  E made;
  made.set_id("x");
  made.set_tag(std::move(tag));
  return made;
}

}  // namespace millrace::test
