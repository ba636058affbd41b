#include "harness/basics.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <future>

namespace millrace::bench {
namespace {

/// A line such as `VmRSS:     1234 kB`.
std::uint64_t status_line(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
  }
  need(false, "/proc/self/status has no " + name);
  return 0;
}

}  // namespace

void need(bool holds, const std::string& what) {
  if (holds) return;
  fmt::print(stderr, "bench: {}\n", what);
  std::exit(1);
}

double seconds_of_two_at_once(const std::function<void(int)>& work) {
  return seconds_of([&] {
    auto other = std::async(std::launch::async, work, 1);
    work(0);
    other.get();
  });
}

temporary_directory::temporary_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "millrace-bench-XXXXXX").string();
  need(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::uint64_t resident_memory() {
  ::malloc_trim(0);
  return status_line("VmRSS");
}

std::uint64_t peak_memory() { return status_line("VmHWM"); }

void forget_peak() {
  ::malloc_trim(0);
  std::ofstream{"/proc/self/clear_refs"} << 5;
}

void settle_disk() { ::sync(); }

}  // namespace millrace::bench
