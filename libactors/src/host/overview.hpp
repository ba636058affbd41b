/// An exact picture of a store that this process does not run (of the running builds of its types):
/// what is stored, and what the routing that has not been written yet adds to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/host.hpp"
#include "routing/interest.hpp"
#include "routing/router.hpp"
#include "store/builds.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// The flow types a program knows, and the messages they observe.
struct known_types {
  explicit known_types(const interest_table::type_list& types) : table(types) {}
  interest_table table;
  type_registry registry;
  /// Errors: invalid (two flow types of one name and version, two messages of one short name).
  [[nodiscard]] static result<std::unique_ptr<const known_types>> of(
      const interest_table::type_list& types);
};

/// Told now and then how far long work is: so many events of so many.
using progress_teller = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// What the router starts from over this store: the routed positions that are stored, and for a
/// type that the store has never seen the beginning, or the tail for a topic that asks for no
/// history.
[[nodiscard]] result<router::start> stored_start(const store& from, const interest_table& table);

/// Hands the router all windows it needs before `tail`, and drops what it would have written.
struct routing_run {
  const store& from;
  const type_registry& types;
  position tail;
  /// Sees each window after it was routed; an error ends the run.
  std::function<result<void>(const window&, const routed_window&)> visit;
  progress_teller tell;  ///< may be empty
  /// Sees each row as it is read, undecoded; may be empty.
  std::function<void(const event_row&)> see_row = {};
};
result<void> route_in_memory(router& with, const routing_run& run);

/// One flow, as it is now.
struct flow_view {
  flow_row row;         ///< latest and postings are exact; entry.number means nothing unless stored
  bool stored = false;  ///< the store has a directory entry
  flow_status status = flow_status::idle;
};

struct pending_page {
  std::vector<flow_view> flows;
  bool has_more = false;
};

/// What a flow has not handled yet; what it stopped on, and what is behind that, too.
struct flow_backlog {
  std::uint64_t count = 0;
  std::optional<position> first;  ///< the oldest of them
};
/// Of what is stored, not after `until`. Costs one posting and a count. `row` is stored.
[[nodiscard]] result<flow_backlog> stored_backlog(const store& from, const flow_row& row,
                                                  position until);

/// What readers of a query get while another build of it runs.
struct served_build {
  v1::FlowType row;
  position until;  ///< events before this one were routed to it
};

/// Routes [needed, tail) in memory and answers from both. Nothing is written. Works beside a
/// running host: what that writes meanwhile does no harm. Memory: one entry for each flow that the
/// unwritten part of the timeline touches, however long that is. One thread; the store and the
/// types outlive it.
class overview {
 public:
  /// One inbox to be kept as well: the first `limit` postings after `after`.
  struct watch {
    flow_key key;
    std::optional<position> after;
    std::size_t limit = 0;
  };
  [[nodiscard]] static result<overview> of(const store& from, const known_types& types,
                                           std::optional<watch> watched = {},
                                           const progress_teller& tell = {});

  /// The picture shows the timeline before this position.
  [[nodiscard]] position tail() const { return tail_; }
  /// Progress of each flow type's running build, by name; those that this program does not have as
  /// they are stored (explicit routes are routed to them all the same).
  [[nodiscard]] const std::map<std::string, v1::FlowType, std::less<>>& types() const {
    return types_;
  }
  /// How far the stored routing of a type's running build is; none: it has been given all that the
  /// others have (types() shows what routing in memory made of it).
  [[nodiscard]] std::optional<build_progress> back_fill(std::string_view flow_type) const;
  /// By type.
  [[nodiscard]] const std::map<std::string, build_progress, std::less<>>& back_fills() const {
    return back_fills_;
  }
  /// The builds of queries that are served while another one runs, by name: that one has not caught
  /// up, or waits for the switch.
  [[nodiscard]] const std::map<std::string, served_build, std::less<>>& served_beside() const {
    return served_beside_;
  }
  /// Came with an import and was not adopted: nobody runs its flows.
  [[nodiscard]] bool is_inert(std::string_view flow_type) const;
  [[nodiscard]] const known_types& known() const { return *known_; }
  [[nodiscard]] bool is_known(std::string_view flow_type) const {
    return known_->table.find(flow_type).has_value();
  }

  using visitor = std::function<bool(const flow_view&)>;
  /// All flows, or those of one type, in byte order of keys.
  result<void> flows(std::string_view type, const visitor& visit) const;
  /// Those that are pending, ordered by type, single instance first, then ids. Costs what is
  /// pending, and that again for each pending_held_max of them, so that memory is bounded.
  result<void> pending(const visitor& visit) const;
  static constexpr std::size_t pending_held_max = 65'536;
  /// The first so many of them after one. Costs what is pending.
  [[nodiscard]] result<pending_page> pending_after(const std::optional<flow_key>& after,
                                                   std::size_t most) const;
  [[nodiscard]] result<std::optional<flow_view>> find(const flow_key& key) const;

  /// Costs one posting and a count, however much waits. Beside a running host it is as of some
  /// moment since the picture was made.
  [[nodiscard]] result<flow_backlog> waiting(const flow_view& view) const;

  struct inbox {
    std::vector<posting> postings;  ///< the first `limit`
    std::uint64_t count = 0;        ///< all after `after`
  };
  /// Postings of the watched flow after `after`, at most so many; empty: there are no more. They
  /// reach to the tail when the watch was asked for all after its own `after`.
  [[nodiscard]] result<std::vector<posting>> watched_page(std::optional<position> after,
                                                          std::size_t limit) const;
  /// What was asked to be watched.
  [[nodiscard]] result<inbox> watched_inbox() const;

 private:
  /// What routing in memory added to a flow.
  struct addition {
    flow_row row;  ///< as stored when it was first touched, or made up
    bool stored = false;
    std::optional<position> stored_latest;  ///< what is after it came from here
    std::optional<position> first;          ///< of what came from here
    std::optional<position> latest;
    std::uint64_t count = 0;
  };
  overview(const store& from, const known_types& types) : store_(&from), known_(&types) {}

  result<known_flows> look_up(std::span<const flow_name> names);
  result<std::optional<flow_row>> look_up(const flow_key& key, build_number build);
  [[nodiscard]] result<std::optional<flow_row>> stored_flow(const flow_key& key) const;
  [[nodiscard]] result<std::vector<posting>> stored_page(std::optional<position> after,
                                                         std::size_t limit) const;
  void take(const window& events, const routed_window& routed);
  void take_watched(const window& events, const routed_window& routed,
                    const routed_delivery& delivery);
  [[nodiscard]] flow_view merged(flow_row row) const;
  [[nodiscard]] flow_view made_up(const addition& added) const;

  const store* store_;
  const known_types* known_;
  position tail_;
  build_list builds_;
  std::map<std::string, v1::FlowType, std::less<>> types_;
  std::map<std::string, build_progress, std::less<>> back_fills_;
  std::map<std::string, served_build, std::less<>> served_beside_;
  std::map<std::string, addition> additions_;  ///< by key text
  std::optional<watch> watch_;
  inbox watched_;
};

/// Whether the position is after the checkpoint; none never is.
[[nodiscard]] bool is_unhandled(std::optional<position> at, const v1::Checkpoint& checkpoint);

/// Pending means: routed to, not handled, and not stopped.
[[nodiscard]] flow_status status_of(const v1::Checkpoint& checkpoint,
                                    std::optional<position> latest);

}  // namespace millrace
