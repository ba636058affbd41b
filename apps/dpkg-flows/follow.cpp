#include "dpkg-flows/follow.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace dpkg_flows {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 500ms;
constexpr auto ending_every = 50ms;
constexpr auto quiet_after = std::chrono::hours{48};

void wait_a_little(const follow_options& options) {
  for (auto left = look_every; left > 0ms && !options.ends(); left -= ending_every) {
    std::this_thread::sleep_for(ending_every);
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
  importer imports{host};
  std::vector<log_file> seen;
  for (bool first = true; !options.ends(); wait_a_little(options)) {
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
