#include "dpkg-flows/log_reader.hpp"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "dpkg-flows/log_line.hpp"

namespace dpkg_flows {
namespace {

using millrace::errc;
using millrace::error;
using millrace::result;

gzFile handle(void* file) { return static_cast<gzFile>(file); }

/// Puts lines together from chunks.
class assembler {
 public:
  assembler(const log_reader::visitor& visit, std::uint64_t lines_max)
      : visit_(visit), lines_max_(lines_max) {}

  [[nodiscard]] bool is_full() const { return seen.lines >= lines_max_; }

  result<void> add(std::string_view chunk) {
    while (!chunk.empty() && !is_full()) {
      const auto end = chunk.find('\n');
      keep(chunk.substr(0, end));
      if (end == std::string_view::npos) return {};
      chunk.remove_prefix(end + 1);
      ++seen.lines;
      seen.cut = false;
      if (auto done = visit_(line_, seen.lines); !done) return done;
      line_.clear();
    }
    return {};
  }

  log_reader::span seen;

 private:
  void keep(std::string_view part) {
    seen.cut = seen.cut || !part.empty();
    line_.append(part.substr(0, line_size_max + 1 - line_.size()));
  }

  const log_reader::visitor& visit_;
  std::uint64_t lines_max_;
  std::string line_;
};

error damaged(const std::string& name, gzFile file) {
  int code = 0;
  const char* words = gzerror(file, &code);
  return {errc::corrupt,
          fmt::format("{}: {}", name, code == Z_ERRNO ? std::strerror(errno) : words)};
}

}  // namespace

void log_reader::closes::operator()(void* file) const { gzclose_r(handle(file)); }

result<log_reader> log_reader::open(const log_file& file) {
  log_reader reader{file.path.string()};
  reader.file_.reset(gzopen(file.path.c_str(), "rb"));
  if (reader.file_ == nullptr) {
    return error{errc::not_found, fmt::format("{}: {}", reader.name_, std::strerror(errno))};
  }
  gzbuffer(handle(reader.file_.get()), 1u << 17);
  return reader;
}

result<log_reader::span> log_reader::each_line(const visitor& visit, std::uint64_t lines_max) {
  const auto file = handle(file_.get());
  if (gzrewind(file) != 0) return damaged(name_, file);
  assembler lines{visit, lines_max};
  std::array<char, 1u << 16> chunk;
  while (!lines.is_full()) {
    const int size = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()));
    int state = Z_OK;
    gzerror(file, &state);
    if (size < 0 || (size == 0 && state != Z_OK)) return damaged(name_, file);
    if (size == 0) break;
    if (auto done = lines.add({chunk.data(), static_cast<std::size_t>(size)}); !done) {
      return done.error();
    }
  }
  return lines.seen;
}

}  // namespace dpkg_flows
