#include "service/series_keeper.hpp"

#include "base/service_limits.hpp"
#include "host/open_view.hpp"

namespace millrace::service {

series_keeper::series_keeper(host& over) {
  const auto view = view_of(over);
  if (!view || view->directory.empty()) return;
  auto commits =
      watch_commits(over, [this, &stored = view->stored, file = view->directory / series_file_name](
                              const auto& written, const auto&) { note(stored, file, written); });
  if (commits) commits_ = std::move(*commits);
}

/// On a thread of the journal. A command that appends nothing reads nothing.
void series_keeper::note(const store& stored, const std::filesystem::path& file,
                         const commit_batch& written) {
  if (index_) return index_->note(written);
  if (written.events.empty()) return;
  index_.emplace(stored, file);
  index_->follow();
  // These, and what is before them; more than that is left to a daemon.
  static_cast<void>(index_->catch_up(limits::series_slice));
}

series_keeper::~series_keeper() {
  commits_ = {};
  if (index_) index_->save();
}

}  // namespace millrace::service
