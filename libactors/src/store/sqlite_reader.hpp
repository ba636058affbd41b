/// Read connections of a store, and how a read sees tables and overlay at one moment.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "sqlite/connection.hpp"
#include "store/checkpoint_log.hpp"
#include "store/flow_table.hpp"
#include "store/inbox_table.hpp"
#include "store/routing_table.hpp"
#include "store/schedule_table.hpp"
#include "store/timeline_table.hpp"

namespace millrace {

/// One read-only connection with its statements; one thread at a time.
struct sqlite_reader {
  sqlite::connection database;
  timeline_reader timeline;
  flow_reader flows;
  inbox_reader inboxes;
  checkpoint_log_reader log;
  schedule_reader schedule;
  routing_reader routing;

  static result<std::unique_ptr<sqlite_reader>> open(const std::filesystem::path& file);
};

/// Hands out readers, and keeps a few for the next call. Thread-safe; outlives what it hands out.
class reader_pool {
 public:
  explicit reader_pool(std::filesystem::path file) : file_(std::move(file)) {}

  struct giver_back {
    reader_pool* pool = nullptr;
    void operator()(sqlite_reader* used) const { pool->give_back(used); }
  };
  using lease = std::unique_ptr<sqlite_reader, giver_back>;
  result<lease> take();

 private:
  void give_back(sqlite_reader* used);

  std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<sqlite_reader>> idle_;
};

}  // namespace millrace
