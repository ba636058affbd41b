#include "dpkg-flows/follow.hpp"

#include <csignal>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace dpkg_flows {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 500ms;
constexpr auto signal_every = 50ms;
constexpr auto quiet_after = std::chrono::hours{48};

std::atomic<bool> asked_to_end = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

void on_signal(int) { asked_to_end = true; }

/// Ours while it lives, as before afterwards.
class signal_scope {
 public:
  signal_scope() {
    asked_to_end = false;
    struct sigaction ours = {};
    ours.sa_handler = on_signal;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGINT, &ours, &interrupt_);
    sigaction(SIGTERM, &ours, &terminate_);
  }
  signal_scope(const signal_scope&) = delete;
  signal_scope& operator=(const signal_scope&) = delete;
  ~signal_scope() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGTERM, &terminate_, nullptr);
  }

 private:
  struct sigaction interrupt_ = {};
  struct sigaction terminate_ = {};
};

void wait_a_little() {
  for (auto left = look_every; left > 0ms && !asked_to_end; left -= signal_every) {
    std::this_thread::sleep_for(signal_every);
  }
}

std::vector<log_file> recent(std::vector<log_file> files) {
  const auto limit = std::filesystem::file_time_type::clock::now() - quiet_after;
  std::erase_if(files, [&](const log_file& file) { return file.modified < limit; });
  return files;
}

}  // namespace

follow_end follow(millrace::host& host, const follow_options& options,
                  const std::function<void(const import_outcome&)>& tell) {
  const signal_scope signals;
  importer imports{host};
  std::vector<log_file> seen;
  for (bool first = true; !asked_to_end; wait_a_little()) {
    auto files = find_log_files(options.places);
    if (!files && first) return {files.error(), 0};
    if (!files || *files == seen) continue;  // between two renames there may be none
    const auto outcome =
        imports.import(first ? *files : recent(*files), {.skip_bad = options.skip_bad});
    if (!outcome) return {outcome.error(), imports.appended()};
    if (first || outcome->appended > 0) tell(*outcome);
    seen = std::move(*files);
    first = false;
  }
  return {};
}

}  // namespace dpkg_flows
