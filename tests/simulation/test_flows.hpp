/// Flows for what the shop's own do not do: a query that ends, a route that fails, a state too
/// large to be saved each time, timers that are cancelled and set again; queries, and a topic, that
/// have several versions, a topic that begins at the tail.
#pragma once

#include <scans/events.pb.h>

#include <chrono>
#include <string>

#include "faults.hpp"
#include "millrace/flow.hpp"
#include "support/shop.pb.h"

namespace millrace::simulation {

/// ImageLedger|scan, a query that ends, and whose route fails now and then. Its state shows every
/// order, loss and repetition.
struct image_ledger {
  static constexpr std::string_view name = "ImageLedger";
  using observes = events<scans::NewImageDetected, scans::ScanCompleted>;
  static inline faults route_bugs{1};

  explicit image_ledger(std::int64_t version) : by(version) {}

  static millrace::route route(const scans::NewImageDetected& e) {
    route_bugs.may_throw();
    return starts(e.scan_id());
  }
  static millrace::route route(const scans::ScanCompleted& e) {
    route_bugs.may_throw();
    return joins(e.scan_id());
  }
  void given(const scans::NewImageDetected&, const event& envelope) {
    state.set_count(state.count() + 1);
    state.set_last(by);
    state.add_numbers(static_cast<std::int64_t>(envelope.at.value));
  }
  bool ends(const scans::ScanCompleted&) const { return true; }

  std::int64_t by;
  shop::Notes state;
};

/// Chronicle, a query over nearly everything: one instance, which shows each event that it was
/// given, and in which order.
struct chronicle {
  static constexpr std::string_view name = "Chronicle";
  using observes = events<scans::NewImageDetected, scans::ScanCompleted, scans::ClientIdentified,
                          shop::ReminderSent>;

  explicit chronicle(std::int64_t version) : by(version) {}

  void given(const scans::NewImageDetected&, const event& e) { write_down(e); }
  void given(const scans::ScanCompleted&, const event& e) { write_down(e); }
  void given(const scans::ClientIdentified&, const event& e) { write_down(e); }
  void given(const shop::ReminderSent&, const event& e) { write_down(e); }
  void write_down(const event& e) {
    state.set_count(state.count() + 1);
    state.set_sum(state.sum() * 31 % 1'000'003 + by);
    state.add_numbers(static_cast<std::int64_t>(e.at.value));
  }

  std::int64_t by;
  shop::Notes state;
};

/// NightWatch|user, a topic that begins at the tail: says something after every second image, which
/// it folds itself.
struct night_watch {
  static constexpr std::string_view name = "NightWatch";
  static constexpr auto starts_from = first_event::from_now;
  using observes = events<scans::NewImageDetected, shop::ReminderSent>;

  static millrace::route route(const scans::NewImageDetected& e) { return starts(e.user()); }
  static millrace::route route(const shop::ReminderSent& e) { return joins(e.order_id()); }

  void given(const scans::NewImageDetected&, const event& e) {
    state.set_count(state.count() + 1);
    state.add_numbers(static_cast<std::int64_t>(e.at.value));
  }
  void given(const shop::ReminderSent&) {
    state.set_sum(state.sum() * 3 % 1'000'003 + state.count());
  }
  void when(const scans::NewImageDetected& e, reactions& then) const {
    if (state.count() % 2 == 0) then.emit<shop::ReminderSent>().set_order_id(e.user());
  }

  shop::Notes state;
};

/// Scribe|user, a topic whose versions decide the same, and remember that they did: each that comes
/// decides again what the former one did, without a word.
struct scribe {
  static constexpr std::string_view name = "Scribe";
  static constexpr auto starts_from = first_event::of_history;
  using observes = events<scans::ScanRegistered, scans::ScanCompleted, shop::ReminderSent>;

  explicit scribe(std::int64_t version) : by(version) {}

  static millrace::route route(const scans::ScanRegistered& e) { return starts(e.user()); }
  static millrace::route route(const scans::ScanCompleted& e) { return joins(e.user()); }
  static millrace::route route(const shop::ReminderSent& e) { return joins(e.order_id()); }

  void given(const scans::ScanRegistered&, const event& e) { write_down(e); }
  void given(const scans::ScanCompleted&, const event& e) { write_down(e); }
  void given(const shop::ReminderSent&) { state.set_sum(state.sum() * 3 % 1'000'003 + by); }
  void write_down(const event& e) {
    state.set_count(state.count() + 1);
    state.set_last(by);
    state.add_numbers(static_cast<std::int64_t>(e.at.value));
  }
  void when(const scans::ScanCompleted& e, reactions& then) const {
    then.emit<shop::ReminderSent>().set_order_id(e.user());
    if (state.count() % 11 == 0) then.done();
  }

  std::int64_t by;
  shop::Notes state;
};

/// Diarist|desk, one for a third of the users each. Every third image it notes something, which it
/// folds itself at once; after each it waits for the next, and notes when that takes too long. Its
/// life ends now and then. Its state is large, so it is seldom saved and mostly replayed.
struct diarist {
  static constexpr std::string_view name = "Diarist";
  static constexpr auto starts_from = first_event::of_history;
  static constexpr std::size_t ballast = 8192;
  using observes = events<scans::NewImageDetected, shop::Noted>;

  explicit diarist(duration limit) : patience(limit) {}

  static std::string desk_of(const std::string& user) { return std::to_string(user.size() % 3); }
  static millrace::route route(const scans::NewImageDetected& e) {
    return starts(desk_of(e.user()));
  }
  static millrace::route route(const shop::Noted& e) { return joins(e.key()); }

  void given(const scans::NewImageDetected& e, const event& envelope) {
    if (state.ballast().empty()) state.set_ballast(std::string(ballast, 'x'));
    state.set_count(state.count() + 1);
    state.set_last(e.detected_at().seconds());
    state.add_numbers(static_cast<std::int64_t>(envelope.at.value));
  }
  void given(const shop::Noted& e) {
    state.set_sum(state.sum() * 3 % 1'000'003 + e.number());
    state.add_numbers(-e.number());
  }
  void when(const scans::NewImageDetected& e, reactions& then) const {
    if (state.count() % 3 == 0) then.emit<shop::Noted>() = note(e, "a third");
    then.cancel<shop::Noted>();
    then.emit_after<shop::Noted>(patience) = note(e, "idle");
    if (state.count() == lifetime) then.done();
  }
  void when(const shop::Noted& e, reactions& then) const {
    if (e.text() == "idle" && state.sum() % 5 == 0) then.done();
  }
  [[nodiscard]] shop::Noted note(const scans::NewImageDetected& e, const char* text) const {
    shop::Noted made;
    made.set_key(desk_of(e.user()));
    made.set_number(state.count());
    made.set_text(text);
    return made;
  }

  static constexpr std::int64_t lifetime = 70;
  duration patience;
  shop::Notes state;
};

}  // namespace millrace::simulation
