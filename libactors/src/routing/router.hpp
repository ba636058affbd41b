/// Turns windows of the timeline into deliveries and postings. Pure: what it has to look up is
/// handed to it, what it wants written is taken from it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "routing/flow_directory.hpp"
#include "routing/interest.hpp"
#include "routing/resting_flows.hpp"
#include "store/builds.hpp"
#include "store/store.hpp"
#include "wire/window.hpp"

namespace millrace {

/// All that one window holds for one flow: entries [first, first + count) of routed_window.
struct routed_delivery {
  routed_flow* flow = nullptr;  ///< valid until the next call of forget()
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::optional<position> previous;  ///< the flow's posting before these
};

struct routed_window {
  /// For the directory, durable before their first checkpoint: known ones that are born now, then
  /// new ones.
  std::vector<flow_entry> started;
  std::optional<flow_number> first_new;  ///< flows from this number on are new
  std::vector<routed_delivery> deliveries;
  routed_entries entries;           ///< null: there are no deliveries
  std::vector<std::string> parked;  ///< flow types that this window parked
};

/// The routing state of one host: interest, the part of the directory that is in use, and what is
/// routed but not written. Owned by the router actor (and, for a look at a store that nobody
/// serves, by the command line). One thread.
///
/// Every build of a hosted flow type has its own routed position. route() moves those that stand
/// inside the window, so one call serves those at the tail and those that lag: hand it the windows
/// each of them needs. Types that nobody hosts are reached by explicit routes alone, and are routed
/// with the store's routed position; when a host was there before, its rows wait for it.
class router {
 public:
  /// Finds directory entries in the store: find_flows().
  using directory_lookup = std::function<result<known_flows>(std::span<const flow_name>)>;
  using rows = std::map<std::pair<std::string, build_number>, v1::FlowType>;

  struct start {
    /// Rows of builds: for each type of the table one of its version that is not retired; the
    /// others are kept as they are.
    std::vector<v1::FlowType> types;
    position routed;  ///< of events with explicit routes, and of the cause index
    std::uint32_t next_number = 0;
    bool directory_is_empty = false;  ///< no flow of any type is in the store
  };
  router(const interest_table& table, start from, directory_lookup lookup);

  /// Routes what the window holds for every type whose routed position is inside it. Errors: those
  /// of the lookup; the router is spent then.
  result<routed_window> route(const window& events);

  /// The first position that some type, not parked, still needs; at the tail: nothing lags.
  [[nodiscard]] position needed() const;
  /// How far explicit routes of types that nobody hosts, and the cause index, are.
  [[nodiscard]] position explicitly_routed() const { return routed_; }
  /// The first position that no type has seen.
  [[nodiscard]] position head() const;
  [[nodiscard]] const rows& types() const { return types_; }
  /// Of the build of a name that runs (store/builds.hpp); null: none does.
  [[nodiscard]] const v1::FlowType* running(std::string_view name) const;
  /// Of a hosted type, by its index in the table.
  [[nodiscard]] const v1::FlowType& progress(std::uint32_t type) const { return *progress_[type]; }
  /// How far events are routed to a hosted type.
  [[nodiscard]] position routed_to(std::uint32_t type) const;
  /// Whether this host runs the flow: it has the type, the flow is of the build that this one runs,
  /// and it was not imported, or adopted.
  [[nodiscard]] bool runs(const routed_flow& flow) const {
    return flow.type && builds_[*flow.type] == flow.entry.build && !progress_[*flow.type]->inert();
  }
  [[nodiscard]] bool runs(const flow_entry& flow) const;
  /// Of one build; null: it has no row.
  [[nodiscard]] const v1::FlowType* row(std::string_view name, build_number build) const;

  /// Takes a type on again that is parked: at the position that parked it, or after it (recorded).
  /// Errors: not_found, conflict (not parked).
  result<void> unpark(const std::string& type, bool skip);

  /// A row that another commit writes: of a type that is imported.
  void know(const v1::FlowType& row);
  /// A row that changed outside of routing; the next write brings it.
  void put(const v1::FlowType& row);
  /// Forgets a row that was known and never came to be.
  void take_back(const v1::FlowType& row);
  /// Whether a flow of the type was routed to, or looked at, here.
  [[nodiscard]] bool has_flows(std::string_view type) const;
  /// The places of flows in the directory, in their order, also when nothing started them yet:
  /// routed_flow::enlisted says whether that has still to be written. Of the running build. Errors:
  /// those of the lookup.
  result<std::vector<routed_flow*>> enlist(std::span<const flow_key* const> keys);
  /// The builds in whose place a hosted type's present one is, newest first.
  [[nodiscard]] std::vector<former_build> formers(std::uint32_t type) const;
  /// A hosted type goes on with another build: its row, and that of the former one, as they are
  /// from now on. The next write brings both; route() must not run before that is taken.
  void begin_build(std::uint32_t type, const v1::FlowType& former, const v1::FlowType& next);
  /// Forgets a retired build, and has it dropped with the next write; nothing of it is in use.
  void drop(const build_name& which);

  /// Where an event went, or would go, among flows that are in the directory. Errors: those of the
  /// lookup.
  result<std::vector<const routed_flow*>> reached(const event& what);
  /// Looks a flow up in memory, then in the store; null: unknown. Of the running build.
  result<routed_flow*> find(const flow_key& key);
  result<routed_flow*> find(const flow_key& key, build_number build);

  // Writing derived data.
  [[nodiscard]] std::size_t unwritten() const { return unwritten_.size(); }
  [[nodiscard]] bool has_unwritten() const { return dirty_; }
  /// Postings, effects, flow types and the routed position. One time after another: written() comes
  /// next.
  [[nodiscard]] commit_batch take_unwritten();
  /// The commit of what was taken: it is in the store now.
  void written();
  // Replacing derived data (router_replace.cpp); between written() and take_unwritten().

  /// Another inbox for a flow: all that is routed to it. Null: there is no such flow, and nothing
  /// is routed to it. A flow that is not in the directory gets an entry, which the next write
  /// brings too, with the checkpoint that is named here; that has to be taken before the flow can
  /// have another one. Errors: those of the lookup.
  result<routed_flow*> replace(const flow_key& key, build_number build, position born,
                               posting_run postings,
                               std::optional<v1::Checkpoint> of_new_entry = {});
  /// Takes a flow off the directory; it has neither postings nor a checkpoint. False: it is kept.
  /// Errors: those of the lookup.
  result<bool> erase(const flow_key& key, build_number build);
  void erase(flow_number orphan) { erased_.push_back(orphan); }
  /// Until the erasure is written such flows are not found, and nothing may be routed: that would
  /// begin them anew beside what is still stored.
  [[nodiscard]] bool is_erasing() const { return !erased_.empty(); }
  void replace(commit_batch::effects_rewrite effects);

  /// The latest position of each flow that has postings which are not written.
  [[nodiscard]] std::map<std::pair<std::string, build_number>, position> unwritten_latest() const;
  /// Flows with more than an entry in the directory, and those that only were in use.
  struct memory_limits {
    std::size_t awake = 0;
    std::size_t known = 0;
  };
  /// When there are too many: of flows that have nothing unwritten and are not kept no more stays
  /// than the directory says; of too many of these nothing, and the store is asked again.
  void forget(memory_limits limits);
  /// Flows that were kept are not any more: forget() looks for them.
  void look_for_resting() { not_resting_ = 0; }
  /// Nothing is in use any more: all flows rest, `known` of them at most, and memory that was kept
  /// for the next events is given back. Between written() and take_unwritten().
  void rest(std::size_t known);
  /// Flows with postings that are not written, or not yet taken to be.
  [[nodiscard]] std::size_t touched() const { return touched_.size(); }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  struct pass;     // one call of route()
  struct sought {  // a flow that is looked up together with others
    key_parts key;
    build_number build{};
    std::uint64_t hash = 0;
    routed_flow* flow = nullptr;  // what was found
    resting_flows::mark mark;     // when it had to be looked for there
  };

  [[nodiscard]] static bool inside(position at, const window& events);
  void host(std::uint32_t type);
  void note_unhosted(const v1::FlowType& row);
  [[nodiscard]] std::optional<build_number> unhosted_build(std::string_view type) const;
  [[nodiscard]] std::vector<build_number> builds_of(std::string_view type) const;
  [[nodiscard]] bool explicitly_active(const pass& in, std::uint32_t type, position at) const;
  void park(pass& in, std::uint32_t type, const event& what, const error& why);
  void route_explicitly(pass& in, const event& what, std::uint32_t index);
  void route_by_type(pass& in, const event& what, std::uint32_t index);
  [[nodiscard]] sought to_seek(std::string_view key_text, build_number build) const;
  void aim(pass& in, const key_parts& key, build_number build, std::uint64_t seed,
           routed_entry entry);
  result<void> hit_all(pass& in);
  void spread_flows();
  void reach_single(pass& in, std::uint32_t type, std::uint32_t index);
  void hit(pass& in, const sought& one, routed_entry entry);
  void hit(pass& in, routed_flow& flow, position at, routed_entry entry);
  void post(pass& in, routed_flow& flow, position at, routed_entry entry);
  static void number_by_key(pass& in);
  routed_window grouped(pass& in);
  void add_effect(const pass& in, effect added);
  void note_unwritten(const window& events, const routed_window& of);
  [[nodiscard]] std::vector<routed_flow*> take_touched();
  void take_postings(commit_batch& into);
  void take_progress(commit_batch& into);
  void take_replaced(commit_batch& into);
  void replaced_written();
  result<routed_flow*> known(std::string_view key_text, build_number build);
  [[nodiscard]] bool knows_all(const sought& one) const;
  [[nodiscard]] routed_flow* awake(const sought& one) const;
  bool wake(sought& one);
  result<void> look_up(std::span<sought> all);
  result<void> ask_store();
  [[nodiscard]] bool is_leaving(flow_number flow) const;
  result<routed_flow*> known_or_damaged(const flow_key& key, build_number build);
  routed_flow& remember(flow_entry entry, std::optional<position> latest);

  const interest_table& table_;
  directory_lookup lookup_;
  rows types_;
  std::vector<v1::FlowType*> progress_;  // by index of the table
  std::vector<build_number> builds_;     // by index of the table
  std::deque<millrace::route> made_;     // of route(), while views of them are looked up
  // Names that have rows and are not hosted: the build that explicit routes reach; none: they wait.
  std::unordered_map<std::string, std::optional<build_number>, text_hash, std::equal_to<>>
      unhosted_;
  std::vector<const v1::FlowType*> put_;  // rows to be written beside those of hosted types
  std::unordered_set<std::string, text_hash, std::equal_to<>> types_with_flows_;
  position routed_;
  std::uint32_t next_number_;
  std::uint64_t windows_ = 0;

  flow_directory flows_;
  unwritten_postings unwritten_;
  resting_flows resting_;         // none of which is in flows_
  std::size_t not_resting_ = 0;   // of flows_, when it was last looked for some that may
  std::vector<sought*> missing_;  // of look_up(); kept for its memory
  // Who is not in memory is not in the store either: of all flows; of those of these builds.
  bool knows_all_;
  std::set<std::pair<std::string, build_number>> known_builds_;
  std::vector<routed_flow*> touched_;  // with unwritten postings
  struct taken {
    routed_flow* flow;
    unwritten_postings::mark through;
    position last;
  };
  std::vector<taken> being_written_;
  struct replacement {
    routed_flow* flow;
    posting_run postings;
    bool fresh;  // its entry is not in the store
    std::optional<v1::Checkpoint> checkpoint;
  };
  std::vector<replacement> replaced_;
  std::vector<std::pair<routed_flow*, std::optional<position>>> being_replaced_;
  std::vector<flow_number> erased_;
  std::vector<commit_batch::effects_rewrite> replaced_effects_;
  effect_pairs effects_;
  struct window_hit {
    std::uint32_t delivery;
    routed_entry entry;
  };
  // Of route(), kept for their memory: hits, in order for each flow, how many each delivery has.
  std::vector<window_hit, pooled_allocator<window_hit>> hits_;
  std::vector<std::uint32_t> counts_;
  std::vector<build_name> dropped_;
  bool dirty_ = false;
};

}  // namespace millrace
