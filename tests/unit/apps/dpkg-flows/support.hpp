/// What the tests of dpkg-flows share.
#pragma once

#include <stdlib.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "dpkg-flows/log_line.hpp"
#include "dpkg-flows/logged_time.hpp"

/// Removed with everything in it.
class temporary_directory {
 public:
  temporary_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "dpkg-flows-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::ofstream{path_ / name, std::ios::binary} << text;
    return path_ / name;
  }
  std::filesystem::path write_packed(const std::string& name, std::string_view text) const {
    const auto file = ::gzopen((path_ / name).c_str(), "wb");
    REQUIRE(file != nullptr);
    REQUIRE(::gzwrite(file, text.data(), static_cast<unsigned>(text.size())) ==
            static_cast<int>(text.size()));
    REQUIRE(::gzclose(file) == Z_OK);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// The event of a line; the line has to be one of that kind.
template <class E>
E line_as(std::string_view text) {
  const auto line = dpkg_flows::parse_line(text);
  REQUIRE(line);
  return std::get<E>(*line);
}

inline dpkg_flows::logged_time time_at(std::string_view text) {
  const auto time = dpkg_flows::parse_logged_time(text);
  REQUIRE(time);
  return *time;
}
