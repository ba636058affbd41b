/// A timeline by hand: rows in, rows out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bare/database.hpp"

namespace millrace::bench::bare {

/// The table of docs/formats/timeline.md in a database of its own, and one prepared INSERT.
class timeline {
 public:
  explicit timeline(const std::filesystem::path& file);
  void begin() { database_.run("BEGIN IMMEDIATE"); }
  void insert(std::uint64_t at, std::string_view payload, std::string_view envelope);
  void commit() { database_.run("COMMIT"); }
  [[nodiscard]] database& inside() { return database_; }

 private:
  database database_;
  statement insert_;
};

/// Inserts so many equal rows, as many in a commit, and returns the seconds.
double insert_rows(std::uint64_t count, std::uint64_t per_commit, std::string_view payload);

/// One ordered SELECT over all events of a store, looking at every column; returns the rows.
std::uint64_t scan(const std::filesystem::path& file);

/// Events at these positions, one SELECT each, and two commits of a few bytes in another file.
void point_reads(const std::filesystem::path& file, const std::vector<std::uint64_t>& at,
                 const std::filesystem::path& scratch);

}  // namespace millrace::bench::bare
