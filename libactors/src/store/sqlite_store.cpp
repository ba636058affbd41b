#include "store/sqlite_store.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "store/checkpoint_overlay.hpp"
#include "store/known_flows.hpp"
#include "store/sqlite_check.hpp"
#include "store/sqlite_reader.hpp"
#include "store/sqlite_writer.hpp"

namespace millrace {
namespace {

// Reads of a snapshot that a commit overtook, before the next one asks commits to wait.
constexpr int free_attempts_max = 16;

class sqlite_store final : public store, public finds_flows {
 public:
  explicit sqlite_store(std::filesystem::path file) : readers_(std::move(file)) {}

  result<void> own(const std::filesystem::path& directory, store_bounds bounds);
  result<void> look();

  result<void> write(const commit_batch& batch) override;
  result<void> flush() override;
  result<bool> maintain() override;
  result<void> close() override;

  [[nodiscard]] position tail() const override;
  result<void> scan(position from, position to, const row_visitor& visit) const override;
  result<void> fetch(std::span<const position> at, const row_visitor& visit) const override;

  [[nodiscard]] result<std::uint32_t> flow_count() const override {
    return simply<std::uint32_t>([](sqlite_reader& reader) { return reader.flows.count(); });
  }
  [[nodiscard]] result<std::optional<flow_row>> find_flow(const flow_key& key,
                                                          build_number build) const override {
    return find_any([&](flow_reader& flows) { return flows.find(key, build); });
  }
  [[nodiscard]] result<std::optional<flow_row>> find_flow(flow_number flow) const override {
    return find_any([&](flow_reader& flows) { return flows.find(flow); });
  }
  [[nodiscard]] result<known_flows> find_all(std::span<const flow_name> names) const override {
    auto found = simply<known_flows>([&](sqlite_reader& all) { return all.flows.find(names); });
    for (const auto& one : found ? *found : known_flows{}) flows_read_ += one ? 1 : 0;
    return found;
  }
  [[nodiscard]] result<std::optional<loaded_flow>> load(flow_number flow) const override;
  [[nodiscard]] result<std::vector<posting>> postings(flow_number flow,
                                                      std::optional<position> after,
                                                      std::size_t limit) const override;
  [[nodiscard]] result<std::uint64_t> count_postings(flow_number flow,
                                                     std::optional<position> after,
                                                     position until) const override {
    return simply<std::uint64_t>(
        [&](sqlite_reader& reader) { return reader.flows.count_postings(flow, after, until); });
  }
  [[nodiscard]] result<std::uint64_t> state_size(flow_number flow) const override;
  [[nodiscard]] result<stored_inbox> inbox(flow_number flow) const override;
  [[nodiscard]] result<std::vector<flow_number>> orphans() const override {
    return simply<std::vector<flow_number>>(
        [](sqlite_reader& reader) { return reader.inboxes.orphans(); });
  }
  result<void> pending(const flow_visitor& visit) const override;
  result<void> flows(std::string_view type, const flow_visitor& visit) const override;
  [[nodiscard]] result<std::vector<v1::FlowType>> flow_types() const override;

  [[nodiscard]] result<position> routed() const override {
    return simply<position>([](sqlite_reader& reader) { return reader.routing.routed(); });
  }
  [[nodiscard]] result<std::vector<position>> effects(position cause) const override;
  [[nodiscard]] result<std::vector<effect>> effects_of_span(std::uint64_t span) const override {
    return simply<std::vector<effect>>(
        [&](sqlite_reader& reader) { return reader.routing.effects_of_span(span); });
  }
  [[nodiscard]] result<std::vector<std::uint64_t>> effect_spans() const override {
    return simply<std::vector<std::uint64_t>>(
        [](sqlite_reader& reader) { return reader.routing.effect_spans(); });
  }
  [[nodiscard]] result<std::vector<schedule_entry>> schedule(
      timers which, std::optional<std::pair<timestamp, position>> after,
      std::size_t limit) const override;
  [[nodiscard]] result<std::optional<schedule_entry>> scheduled(position at) const override;
  [[nodiscard]] result<std::vector<schedule_entry>> timers_of(const flow_key& flow) const override;
  [[nodiscard]] result<std::vector<v1::Import>> imports() const override;
  [[nodiscard]] result<std::vector<remembered_id>> recent_ids() const override;

  [[nodiscard]] result<std::vector<std::string>> check() const override;
  [[nodiscard]] read_counts reads() const override {
    return {events_read_, postings_read_, flows_read_};
  }

 private:
  // One read transaction that sees tables and overlay at the same moment. `read` gets a reader and
  // the version its snapshot has; it returns none when the overlay is at another one, and is called
  // again with a new snapshot.
  template <class Value, class Read>
  result<Value> at_one_moment(Read read) const;
  template <class Value, class Read>
  result<std::optional<Value>> attempt(sqlite_reader& reader, Read& read) const;
  // One read of the tables alone.
  template <class Value, class Read>
  result<Value> simply(Read read) const;
  template <class Find>
  result<std::optional<flow_row>> find_any(Find find) const;
  template <class List>
  result<void> list(List list) const;
  result<void> refresh(sqlite_reader& reader, log_version seen) const;

  mutable reader_pool readers_;
  mutable checkpoint_overlay overlay_;
  mutable std::mutex gate_;
  std::unique_ptr<sqlite_writer> writer_;  // of who writes or flushes
  // Whether overlay and tail follow the writer. Otherwise another process may write, and both are
  // looked up for each read.
  std::atomic<bool> owns_{false};
  mutable std::atomic<std::uint64_t> tail_{0};
  mutable std::atomic<std::uint64_t> events_read_{0};
  mutable std::atomic<std::uint64_t> postings_read_{0};
  mutable std::atomic<std::uint64_t> flows_read_{0};
};

result<void> sqlite_store::own(const std::filesystem::path& directory, store_bounds bounds) {
  const auto file = directory / store_file_name;
  auto writer = sqlite_writer::open(directory, file, overlay_, gate_, bounds);
  if (!writer) return writer.error();
  writer_ = std::move(*writer);
  tail_ = writer_->tail().value;
  owns_ = true;
  return {};
}

result<void> sqlite_store::look() {
  auto reader = readers_.take();
  return reader ? result<void>{} : reader.error();
}

result<void> sqlite_store::write(const commit_batch& batch) {
  if (!writer_) return error{errc::closed, "the store is not open for writing"};
  auto done = writer_->write(batch);
  if (done) tail_ = writer_->tail().value;
  return done;
}

result<void> sqlite_store::flush() {
  if (!writer_) return error{errc::closed, "the store is not open for writing"};
  return writer_->flush();
}

result<bool> sqlite_store::maintain() { return writer_ ? writer_->maintain() : false; }

result<void> sqlite_store::close() {
  if (!writer_) return {};
  auto done = writer_->close();
  owns_ = false;
  writer_.reset();
  return done;
}

template <class Value, class Read>
result<Value> sqlite_store::simply(Read read) const {
  auto reader = readers_.take();
  if (!reader) return reader.error();
  auto snapshot = sqlite::transaction::begin((*reader)->database, sqlite::role::reader);
  if (!snapshot) return snapshot.error();
  return read(**reader);
}

template <class Value, class Read>
result<std::optional<Value>> sqlite_store::attempt(sqlite_reader& reader, Read& read) const {
  auto snapshot = sqlite::transaction::begin(reader.database, sqlite::role::reader);
  if (!snapshot) return snapshot.error();
  auto seen = reader.log.version();
  if (!seen) return seen.error();
  if (!owns_ && overlay_.version() != *seen) {
    if (auto done = refresh(reader, *seen); !done) return done.error();
  }
  return read(reader, *seen);
}

template <class Value, class Read>
result<Value> sqlite_store::at_one_moment(Read read) const {
  auto reader = readers_.take();
  if (!reader) return reader.error();
  for (int attempts = 0; attempts < free_attempts_max; ++attempts) {
    auto made = attempt<Value>(**reader, read);
    if (!made) return made.error();
    if (*made) return std::move(**made);
    std::this_thread::yield();
  }
  const std::lock_guard lock{gate_};
  auto made = attempt<Value>(**reader, read);
  if (!made) return made.error();
  if (*made) return std::move(**made);
  return error{errc::storage_failed, "the checkpoint log and its overlay do not meet"};
}

// Without a writer here, the overlay is what the log says in this snapshot.
result<void> sqlite_store::refresh(sqlite_reader& reader, log_version seen) const {
  auto entries = reader.log.read_all();
  if (!entries) return entries.error();
  overlay_.replace(seen, std::move(*entries));
  return {};
}

position sqlite_store::tail() const {
  if (!owns_) {
    auto found = simply<position>([](sqlite_reader& reader) { return reader.timeline.tail(); });
    if (found) tail_ = found->value;
  }
  return {tail_.load()};
}

result<void> sqlite_store::scan(position from, position to, const row_visitor& visit) const {
  auto reader = readers_.take();
  if (!reader) return reader.error();
  while (true) {
    auto made = (*reader)->timeline.scan_some(from, to, visit);
    if (!made) return made.error();
    events_read_ += made->rows;
    if (!made->more) return {};
    from = made->next;
  }
}

result<void> sqlite_store::fetch(std::span<const position> at, const row_visitor& visit) const {
  auto rows = simply<std::uint64_t>(
      [&](sqlite_reader& reader) { return reader.timeline.fetch(at, visit); });
  if (!rows) return rows.error();
  events_read_ += *rows;
  return {};
}

template <class Find>
result<std::optional<flow_row>> sqlite_store::find_any(Find find) const {
  using row = std::optional<flow_row>;
  return at_one_moment<row>(
      [&](sqlite_reader& reader, log_version seen) -> result<std::optional<row>> {
        auto found = find(reader.flows);
        if (!found) return found.error();
        if (!*found) return std::make_optional<row>();
        const auto newest = overlay_.find(seen, (*found)->entry.number);
        if (!newest) return std::optional<row>{};
        if (auto done = reader.flows.lay_over(**found, newest->get()); !done) return done.error();
        ++flows_read_;
        return std::make_optional<row>(std::move(*found));
      });
}

result<std::optional<loaded_flow>> sqlite_store::load(flow_number flow) const {
  using loaded = std::optional<loaded_flow>;
  const auto whole = [&](std::string_view record, std::optional<std::string> state) {
    ++flows_read_;
    auto made = loaded_from(flow, record, std::move(state));
    return made ? result<loaded>{std::move(*made)} : result<loaded>{made.error()};
  };
  // The newest commit is as good as any moment, and then the database need not be asked.
  if (const auto newest = owns_ ? overlay_.newest(flow) : nullptr; newest && newest->state) {
    return whole(newest->record, *newest->state);
  }
  return at_one_moment<loaded>(
      [&](sqlite_reader& reader, log_version seen) -> result<std::optional<loaded>> {
        const auto newest = overlay_.find(seen, flow);
        if (!newest) return std::optional<loaded>{};
        auto stored = reader.flows.load(flow);
        if (!stored) return stored.error();
        if (!*newest && !*stored) return std::make_optional<loaded>();
        auto state = *stored ? std::move((*stored)->state) : std::nullopt;
        if (*newest && (*newest)->state) state = *(*newest)->state;
        auto made = whole(*newest ? (*newest)->record : (*stored)->record, std::move(state));
        if (!made) return made.error();
        return std::make_optional<loaded>(std::move(*made));
      });
}

result<std::vector<posting>> sqlite_store::postings(flow_number flow, std::optional<position> after,
                                                    std::size_t limit) const {
  auto found = simply<std::vector<posting>>(
      [&](sqlite_reader& reader) { return reader.flows.postings(flow, after, limit); });
  if (found) postings_read_ += found->size();
  return found;
}

result<std::uint64_t> sqlite_store::state_size(flow_number flow) const {
  return at_one_moment<std::uint64_t>(
      [&](sqlite_reader& reader, log_version seen) -> result<std::optional<std::uint64_t>> {
        const auto newest = overlay_.find(seen, flow);
        if (!newest) return std::optional<std::uint64_t>{};
        if (*newest && (*newest)->state) return std::optional{(*newest)->state->size()};
        auto stored = reader.flows.state_size(flow);
        if (!stored) return stored.error();
        return std::optional{*stored};
      });
}

result<stored_inbox> sqlite_store::inbox(flow_number flow) const {
  auto found =
      simply<stored_inbox>([&](sqlite_reader& reader) { return reader.inboxes.inbox(flow); });
  if (found) postings_read_ += found->postings.size();
  return found;
}

template <class List>
result<void> sqlite_store::list(List list) const {
  auto rows = at_one_moment<std::uint64_t>(
      [&](sqlite_reader& reader, log_version seen) -> result<std::optional<std::uint64_t>> {
        const auto overlay = overlay_.view(seen);
        if (!overlay) return std::optional<std::uint64_t>{};
        auto made = list(reader.flows, *overlay);
        if (!made) return made.error();
        return std::optional{*made};
      });
  if (!rows) return rows.error();
  flows_read_ += *rows;
  return {};
}

result<void> sqlite_store::pending(const flow_visitor& visit) const {
  return list([&](flow_reader& flows, const overlay_view& overlay) {
    return flows.pending(overlay, visit);
  });
}

result<void> sqlite_store::flows(std::string_view type, const flow_visitor& visit) const {
  return list([&](flow_reader& flows, const overlay_view& overlay) {
    return flows.all(type, overlay, visit);
  });
}

result<std::vector<v1::FlowType>> sqlite_store::flow_types() const {
  return simply<std::vector<v1::FlowType>>(
      [](sqlite_reader& reader) { return reader.routing.flow_types(); });
}

result<std::vector<position>> sqlite_store::effects(position cause) const {
  return simply<std::vector<position>>(
      [&](sqlite_reader& reader) { return reader.routing.effects(cause); });
}

result<std::vector<schedule_entry>> sqlite_store::schedule(
    timers which, std::optional<std::pair<timestamp, position>> after, std::size_t limit) const {
  return simply<std::vector<schedule_entry>>(
      [&](sqlite_reader& reader) { return reader.schedule.after(which, after, limit); });
}

result<std::optional<schedule_entry>> sqlite_store::scheduled(position at) const {
  return simply<std::optional<schedule_entry>>(
      [&](sqlite_reader& reader) { return reader.schedule.find(at); });
}

result<std::vector<schedule_entry>> sqlite_store::timers_of(const flow_key& flow) const {
  return simply<std::vector<schedule_entry>>(
      [&](sqlite_reader& reader) { return reader.schedule.of_flow(flow); });
}

result<std::vector<v1::Import>> sqlite_store::imports() const {
  return simply<std::vector<v1::Import>>(
      [](sqlite_reader& reader) { return reader.timeline.imports(); });
}

result<std::vector<remembered_id>> sqlite_store::recent_ids() const {
  return simply<std::vector<remembered_id>>(
      [](sqlite_reader& reader) { return reader.timeline.recent_ids(); });
}

result<std::vector<std::string>> sqlite_store::check() const {
  return simply<std::vector<std::string>>(
      [](sqlite_reader& reader) { return check_store(reader.database); });
}

result<void> make_directory(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (!failure) return {};
  return error{errc::storage_failed, fmt::format("cannot create the directory {}: {}",
                                                 directory.string(), failure.message())};
}

}  // namespace

result<std::unique_ptr<store>> open_sqlite_store(const std::filesystem::path& directory,
                                                 open_mode mode, store_bounds bounds) {
  const std::filesystem::path file = directory / store_file_name;
  std::error_code ignored;
  if (mode == open_mode::own) {
    if (auto made = make_directory(directory); !made) return made.error();
  } else if (!std::filesystem::exists(file, ignored)) {
    return error{errc::not_found, fmt::format("there is no store in {}", directory.string())};
  }
  auto made = std::make_unique<sqlite_store>(file);
  auto opened = mode == open_mode::read_only ? made->look() : made->own(directory, bounds);
  if (!opened) return opened.error();
  return std::unique_ptr<store>{std::move(made)};
}

}  // namespace millrace
