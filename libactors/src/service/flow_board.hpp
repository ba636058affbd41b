/// Which flows somebody watches, and what changed since they were told. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/service_limits.hpp"
#include "host/overview.hpp"
#include "store/store.hpp"

namespace millrace::service {

/// Which flows a view shows.
struct view_wish {
  std::string type;  ///< empty: any
  std::optional<flow_status> status;
  std::string contains;  ///< a part of the key
  std::size_t limit = limits::view_flows_usual;
  friend auto operator<=>(const view_wish&, const view_wish&) = default;
};

/// What decides whether a flow is shown.
struct flow_place {
  flow_number number{};
  flow_key key;
  flow_status status = flow_status::idle;
  std::uint64_t active = 0;  ///< grows with each event that it got or handled
};

[[nodiscard]] flow_place place_of(const flow_row& row);

[[nodiscard]] bool fits(const view_wish& wanted, const flow_place& one);
/// Smaller ones matter more: stopped, then pending, then by when they were active last.
using importance = std::tuple<int, std::uint64_t, flow_number>;
[[nodiscard]] importance importance_of(const flow_place& one);

/// The flows that matter most of those seen. Bounded.
class most_important {
 public:
  explicit most_important(view_wish wanted) : wanted_(std::move(wanted)) {}
  void see(const flow_place& one);
  [[nodiscard]] const std::set<importance>& flows() const { return flows_; }

 private:
  view_wish wanted_;
  std::set<importance> flows_;
};

/// All views of all clients. Each change happens at a moment: a number that never goes back. One
/// thread.
class flow_board {
 public:
  using moment = std::uint64_t;

  /// Equal views are one, for as many as have added it. It shows what is seen from now on.
  void add(const view_wish& view);
  void remove(const view_wish& view);
  [[nodiscard]] std::vector<view_wish> views() const;

  /// A flow as it is now, with the document of it.
  void see(const flow_place& one, std::string row, moment now);
  /// It is not there any more, or not of a build that runs.
  void forget(flow_number one, moment now);
  [[nodiscard]] bool shows(flow_number one) const { return rows_.contains(one); }
  /// In no particular order.
  [[nodiscard]] std::vector<flow_number> shown() const;

  /// Documents of what a view shows.
  [[nodiscard]] std::vector<const std::string*> all(const view_wish& view) const;
  struct changes {
    std::vector<const std::string*> rows;
    std::vector<std::string> gone;  ///< keys
  };
  /// After a moment; none: what left the view is not remembered so far back.
  [[nodiscard]] std::optional<changes> since(const view_wish& view, moment last) const;

 private:
  struct kept_row {
    std::string key;
    std::string text;
    moment changed = 0;
    std::size_t views = 0;
  };
  struct membership {
    importance order;
    moment entered = 0;
  };
  struct departure {
    moment at = 0;
    flow_number number{};
    std::string key;
  };
  struct kept_view {
    std::size_t clients = 0;
    std::unordered_map<flow_number, membership> members;
    std::set<importance> by_importance;
    std::deque<departure> gone;
    moment remembers_after = 0;  ///< all later departures are in `gone`
  };
  void enter(kept_view& to, const view_wish& wanted, const flow_place& one, moment now);
  void leave(kept_view& from, flow_number one, moment now);
  void drop_unseen(flow_number one);

  std::map<view_wish, kept_view> views_;
  std::unordered_map<flow_number, kept_row> rows_;
};

}  // namespace millrace::service
