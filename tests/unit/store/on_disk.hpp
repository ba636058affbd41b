/// Stores on a disk, and what is put into them.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>
#include <string_view>

#include "store/sqlite_store.hpp"

namespace millrace {

inline std::unique_ptr<store> opened(const std::filesystem::path& directory, open_mode mode) {
  auto made = open_sqlite_store(directory, mode);
  if (!made) FAIL(made.error().message);
  return std::move(*made);
}

inline commit_batch one_event(std::uint64_t at, std::string_view payload = "p") {
  return {.events = {{{at}, "Happened", {}, payload, ""}}};
}

inline std::uint64_t rows_in(const store& read) {
  std::uint64_t rows = 0;
  REQUIRE(read.scan({0}, {UINT64_MAX}, [&](const event_row&) { return ++rows > 0; }));
  return rows;
}

}  // namespace millrace
