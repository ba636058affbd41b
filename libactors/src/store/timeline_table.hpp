/// Events and remembered ids in SQLite. docs/formats/timeline.md
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sqlite/connection.hpp"
#include "store/store.hpp"

namespace millrace {

/// The committing side. Works within a transaction of its connection, which the owner begins and
/// ends.
class timeline_writer {
 public:
  result<void> prepare(sqlite::connection& database);
  result<void> write(const commit_batch& batch);
  void committed() { new_types_.clear(); }
  /// Forgets what the transaction changed.
  result<void> rolled_back();

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct remembered {
    position at;
    timestamp time;
  };

  result<void> write_events(std::span<const event_row> events);
  result<std::int64_t> type_id(std::string_view name);
  result<void> write_imports(const std::vector<v1::Import>& imports);
  result<void> write_ids(const std::vector<remembered_id>& ids);
  result<void> load_types();
  result<void> load_ids();

  sqlite::statement insert_event_, insert_type_, insert_id_, forget_ids_, all_types_, all_ids_;
  sqlite::statement insert_events_, put_import_;
  std::unordered_map<std::string, std::int64_t, text_hash, std::equal_to<>> types_;
  std::vector<std::string> new_types_;  // of the open transaction
  const std::pair<const std::string, std::int64_t>* last_type_ = nullptr;  // in types_
  std::deque<remembered> ids_;  // the window without the ids themselves
};

/// The reading side, on one connection and thread at a time.
class timeline_reader {
 public:
  result<void> prepare(sqlite::connection& database);

  struct progress {
    position next;  ///< where to go on
    std::uint64_t rows = 0;
    bool more = false;  ///< neither the end nor stopped by the visitor
  };
  /// A bounded part of store::scan, in one read transaction: a long scan must not keep the writer
  /// from re-using the WAL.
  result<progress> scan_some(position from, position to, const store::row_visitor& visit);
  /// store::fetch; counts the rows.
  result<std::uint64_t> fetch(std::span<const position> at, const store::row_visitor& visit);
  result<position> tail();
  result<std::vector<remembered_id>> recent_ids();
  result<std::vector<v1::Import>> imports();

 private:
  result<event_row> row();
  result<std::string_view> type_name(std::int64_t id);

  sqlite::statement scan_, visit_, tail_, types_after_, ids_, imports_;
  std::deque<std::string> types_;  // number n is at n - 1; views of it stay good
};

}  // namespace millrace
