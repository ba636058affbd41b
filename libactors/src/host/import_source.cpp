#include "host/import_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace millrace {
namespace {

// Never change: what is stored was made with them.
constexpr std::size_t beginning_size_max = 1024;
constexpr std::size_t recent_size_max = 4096;

constexpr int wait_ms = 50;
constexpr std::size_t skip_size = std::size_t{256} << 10;

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char byte : bytes) {
    hash ^= static_cast<std::uint8_t>(byte);
    hash *= 0x100000001b3u;
  }
  return hash;
}

error unreadable(const std::string& name) {
  return {errc::invalid, fmt::format("{} cannot be read: {}", name, std::strerror(errno))};
}

error ends_early(const std::string& name, std::uint64_t size, const v1::Import& known) {
  return {errc::conflict, fmt::format("{} ends after {} bytes, and {} of it are imported", name,
                                      size, known.offset())};
}

bool is_recent(std::string_view bytes, const v1::Import& known) {
  return bytes.size() == known.recent_size() && hash_of(bytes) == known.recent_hash();
}

}  // namespace

void source_print::add(std::string_view bytes, bool is_cut) {
  if (is_cut) {
    is_whole_ = false;
    recent_.clear();
  }
  if (is_whole_ && beginning_.size() < beginning_size_max) {
    beginning_.append(bytes.substr(0, beginning_size_max - beginning_.size()));
  }
  if (bytes.size() >= recent_size_max) {
    recent_.assign(bytes.substr(bytes.size() - recent_size_max));
    return;
  }
  const auto all = recent_.size() + bytes.size();
  if (all > recent_size_max) recent_.erase(0, all - recent_size_max);
  recent_.append(bytes);
}

void source_print::write_to(v1::Import& record) const {
  record.set_beginning(beginning_);
  record.set_recent_size(recent_.size());
  record.set_recent_hash(hash_of(recent_));
}

result<import_source> import_source::open(const std::string& name) {
  const bool is_input = name == "-";
  const std::string shown = is_input ? "standard input" : name;
  const int descriptor = is_input ? dup(STDIN_FILENO) : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    return error{errc::not_found, fmt::format("there is no file {}", name)};
  }
  if (descriptor < 0) return unreadable(shown);
  struct stat what {};
  if (fstat(descriptor, &what) != 0 || S_ISDIR(what.st_mode)) {
    ::close(descriptor);
    return error{errc::invalid, fmt::format("{} is a directory", shown)};
  }
  kind found = S_ISREG(what.st_mode) ? kind::file : kind::named_pipe;
  if (found != kind::file && is_input) found = kind::pipe_of_parent;
  return import_source{descriptor, shown, found};
}

result<import_source> import_source::of_stream(int descriptor, std::string name,
                                               std::function<bool()> broken) {
  const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return error{errc::overloaded, std::strerror(errno)};
  import_source made{own, std::move(name), kind::pipe_of_parent};
  made.broken_ = std::move(broken);
  return made;
}

import_source::import_source(import_source&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      changes_(std::exchange(other.changes_, -1)),
      name_(std::move(other.name_)),
      broken_(std::move(other.broken_)),
      kind_(other.kind_),
      at_(other.at_),
      held_(std::move(other.held_)),
      print_(std::move(other.print_)) {}

import_source::~import_source() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (changes_ >= 0) ::close(changes_);
}

/// What was told before is known: whoever waits has just read to the end. A change in between is
/// seen, since the file is looked at again.
int import_source::news() {
  if (kind_ != kind::file) return descriptor_;
  if (changes_ < 0) {
    changes_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    const auto open = fmt::format("/proc/self/fd/{}", descriptor_);
    constexpr unsigned any = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF;
    if (changes_ < 0 || inotify_add_watch(changes_, open.c_str(), any) < 0) {
      if (changes_ >= 0) ::close(std::exchange(changes_, -1));
      return -1;
    }
  }
  char told[beginning_size_max];
  while (::read(changes_, told, sizeof told) > 0) {
  }
  return has_more() ? descriptor_ : changes_;
}

std::optional<std::uint64_t> import_source::size() const {
  struct stat what {};
  if (kind_ != kind::file || fstat(descriptor_, &what) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(what.st_size);
}

result<std::optional<v1::Import>> import_source::recognise(const std::vector<v1::Import>& known,
                                                           const std::function<bool()>& ending) {
  return kind_ == kind::file ? recognise_file(known) : recognise_pipe(known, ending);
}

/// The source that was imported the farthest, of those that this file continues.
result<std::optional<v1::Import>> import_source::recognise_file(
    const std::vector<v1::Import>& known) {
  std::optional<v1::Import> found;
  for (const auto& each : known) {
    if (each.beginning().empty() || (found && found->offset() > each.offset())) continue;
    auto begin = read_at(0, each.beginning().size());
    if (!begin) return begin.error();
    if (*begin != each.beginning()) continue;
    auto recent = read_at(each.offset() - each.recent_size(), each.recent_size());
    if (!recent) return recent.error();
    if (!is_recent(*recent, each)) continue;
    found = each;
    print_ = source_print{each.beginning(), std::move(*recent)};
    at_ = each.offset();
  }
  return found;
}

result<std::string> import_source::read_at(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const auto got =
        pread(descriptor_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(name_);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

/// A pipe gives its bytes once: as many are taken as it needs to tell the known sources apart.
result<std::optional<v1::Import>> import_source::recognise_pipe(
    const std::vector<v1::Import>& known, const std::function<bool()>& ending) {
  auto by_offset = known;
  std::sort(by_offset.begin(), by_offset.end(),
            [](const auto& a, const auto& b) { return a.offset() > b.offset(); });
  for (const auto& each : by_offset) {
    if (each.beginning().empty()) continue;
    for (std::size_t size = 1; size <= each.beginning().size();) {
      if (auto filled = fill(size, ending); !filled) return filled.error();
      const auto seen = std::min(held_.size(), each.beginning().size());
      const bool is_same = held_.compare(0, seen, each.beginning(), 0, seen) == 0;
      if (!is_same || held_.empty()) break;
      if (seen < size) return ends_early(name_, held_.size(), each);
      if (seen == each.beginning().size()) {
        if (auto there = skip_to(each, ending); !there) return there.error();
        return std::optional{each};
      }
      size = seen + 1;
    }
  }
  return std::optional<v1::Import>{};
}

/// Until that much of a pipe is held, or there is no more.
result<void> import_source::fill(std::size_t size, const std::function<bool()>& ending) {
  while (held_.size() < size) {
    char buffer[beginning_size_max];
    std::string before = std::exchange(held_, {});
    auto got = read(buffer, ending);
    held_ = std::move(before);
    if (!got) return got.error();
    if (got->how == state::bytes) held_.append(buffer, got->size);
    if (got->how == state::ended || got->how == state::at_end) return {};
  }
  return {};
}

result<void> import_source::skip_to(const v1::Import& known, const std::function<bool()>& ending) {
  std::uint64_t passed = 0;
  std::string buffer(skip_size, '\0');
  source_print all;
  std::string recent;
  while (passed < known.offset()) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), known.offset() - passed);
    auto got = read({buffer.data(), static_cast<std::size_t>(wanted)}, ending);
    if (!got) return got.error();
    if (got->how == state::nothing_yet) continue;
    if (got->how == state::ended) return {};
    if (got->how == state::at_end) return ends_early(name_, passed, known);
    passed += got->size;
    recent.append(buffer, 0, got->size);
    if (recent.size() > known.recent_size()) recent.erase(0, recent.size() - known.recent_size());
  }
  if (!is_recent(recent, known)) {
    return error{errc::conflict,
                 fmt::format("{} begins like what was imported before, but is another before byte "
                             "{}: an import goes on only where it ended",
                             name_, known.offset())};
  }
  print_ = source_print{known.beginning(), std::move(recent)};
  return {};
}

result<void> import_source::go_on(const v1::Import& known, const std::function<bool()>& ending) {
  if (auto filled = fill(known.recent_size(), ending); !filled) return filled;
  auto recent = held_.substr(0, known.recent_size());
  if (!is_recent(recent, known)) {
    return error{errc::conflict,
                 fmt::format("{} does not begin with the {} bytes before byte {} of what was "
                             "imported before",
                             name_, known.recent_size(), known.offset())};
  }
  held_.erase(0, recent.size());
  print_ = source_print{known.beginning(), std::move(recent)};
  return {};
}

result<void> import_source::is_still_there() const {
  struct stat open {};
  if (kind_ != kind::file || fstat(descriptor_, &open) != 0) return {};
  if (static_cast<std::uint64_t>(open.st_size) < at_) {
    return error{errc::conflict, fmt::format("{} was cut to {} bytes, and {} of it were read: an "
                                             "import follows only a file that grows",
                                             name_, open.st_size, at_)};
  }
  struct stat named {};
  if (::stat(name_.c_str(), &named) != 0) return {};  // removed or renamed, it may still grow
  if (named.st_dev == open.st_dev && named.st_ino == open.st_ino) return {};
  return error{errc::conflict, fmt::format("another file took the place of {}, of which {} bytes "
                                           "were read: import it by itself",
                                           name_, at_)};
}

bool import_source::has_more() const {
  if (!held_.empty()) return true;
  if (const auto whole = size()) return *whole > at_;
  pollfd watched{descriptor_, POLLIN, 0};
  return poll(&watched, 1, 0) > 0 && (watched.revents & POLLIN) != 0;
}

result<import_source::piece> import_source::read(std::span<char> into,
                                                 const std::function<bool()>& ending) {
  if (ending()) return piece{state::ended};
  if (!held_.empty()) {
    const auto size = held_.copy(into.data(), into.size());
    held_.erase(0, size);
    return piece{state::bytes, size};
  }
  if (kind_ != kind::file) {
    pollfd watched{descriptor_, POLLIN, 0};
    if (poll(&watched, 1, wait_ms) <= 0) return piece{ending() ? state::ended : state::nothing_yet};
  }
  const auto size = kind_ == kind::file
                        ? pread(descriptor_, into.data(), into.size(), static_cast<off_t>(at_))
                        : ::read(descriptor_, into.data(), into.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return piece{state::nothing_yet};
  if (size < 0) return unreadable(name_);
  if (size == 0) return piece{broken_ && broken_() ? state::ended : state::at_end};
  at_ += static_cast<std::uint64_t>(size);
  return piece{state::bytes, static_cast<std::size_t>(size)};
}

}  // namespace millrace
