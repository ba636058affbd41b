/// A store whose timeline is there already, and flows that fold it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "harness/basics.hpp"
#include "messages.pb.h"
#include "millrace/flow.hpp"
#include "millrace/host.hpp"

namespace millrace::bench {

/// Counts all events.
struct everything {
  static constexpr std::string_view name = "Everything";
  using observes = events<Moved>;
  void given(const Moved&) { state.set_count(state.count() + 1); }
  Moves state;
};
struct by_item {
  static constexpr std::string_view name = "ByItem";
  using observes = events<Moved>;
  static millrace::route route(const Moved& e) { return starts(e.item()); }
  void given(const Moved&) { state.set_count(state.count() + 1); }
  Moves state;
};
struct by_place {
  static constexpr std::string_view name = "ByPlace";
  using observes = events<Moved>;
  static millrace::route route(const Moved& e) { return starts(e.place()); }
  void given(const Moved&) { state.set_count(state.count() + 1); }
  Moves state;
};

struct history_shape {
  std::uint64_t events = 0;
  std::uint64_t instances = 10'000;  ///< of ByItem, and of ByPlace
  bool explicit_routes = false;      ///< otherwise route() of the flows says
};

/// The event at a position. Instances come in no order, and each about as often as another.
[[nodiscard]] Moved moved_at(std::uint64_t at, std::uint64_t instances);

/// Events of about 70 bytes, each with a cause, that reach three flows: Everything, one of ByItem
/// and one of ByPlace. Its directory goes with it.
class history {
 public:
  explicit history(history_shape shape);

  [[nodiscard]] const history_shape& shape() const { return shape_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return place_.path(); }
  [[nodiscard]] std::filesystem::path file() const;
  [[nodiscard]] std::filesystem::path scratch() const { return place_.path() / "scratch.db"; }

  /// Nothing but the timeline is left: no flow was ever here.
  void forget_flows() const;
  /// Inboxes, directory and cause index are gone; what types there are, and how far they are
  /// routed, is not.
  void forget_derived() const;
  /// Flow types as if they had been routed to the end.
  void pretend_routed() const;

 private:
  history_shape shape_;
  temporary_directory place_;
};

/// Adds the three flows.
void add_flows(host& to, flow_options options = {});

/// Opens a host with the three flows and lets it run until nothing waits. Returns the seconds of
/// that, opening included; `look` sees the host before it is closed.
double replay(const history& over, flow_options options = {},
              const std::function<void(host&)>& look = {});

}  // namespace millrace::bench
