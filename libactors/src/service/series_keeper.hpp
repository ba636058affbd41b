/// Keeps the index of the time series while no daemon does.
#pragma once

#include "host/watching.hpp"
#include "service/series_index.hpp"

namespace millrace::service {

/// For a command that appends: what its host commits is in the index when this ends, so that the
/// next daemon need not read it. What others have appended without an index it reads for a moment
/// only. The host is open and outlives this, or is stopped before.
class series_keeper {
 public:
  explicit series_keeper(host& over);
  ~series_keeper();
  series_keeper(const series_keeper&) = delete;
  series_keeper& operator=(const series_keeper&) = delete;

 private:
  void note(const store& stored, const std::filesystem::path& file, const commit_batch& written);

  std::optional<series_index> index_;
  subscription commits_;
};

}  // namespace millrace::service
