/// A history from elsewhere into an open host: what `import` does beside talking to people.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "engine/engine.hpp"
#include "exchange/part.hpp"
#include "host/import_source.hpp"
#include "millrace/host.hpp"

namespace millrace {

/// As a record of an import says it; never change.
namespace import_format {
inline constexpr std::uint32_t events = 1, kurrent = 2;
}

/// Parts in, commits out; at most a few under way. Each commit says in the store how far the source
/// is imported. One thread.
class importer {
 public:
  /// `source` is recognised: `known` is what the store has of it, or a new record.
  importer(host& over, const import_source& source, v1::Import record);

  void submit(std::unique_ptr<exchange::part> next);
  /// Waits until a further part may be submitted, or that long.
  void wait_for_room(std::chrono::milliseconds limit);
  [[nodiscard]] bool has_room() const;
  /// All that was submitted is committed, or refused.
  void finish();
  /// Why a part could not be committed; later ones are not either.
  [[nodiscard]] std::optional<error> failure() const;

  /// With all parts that were committed.
  [[nodiscard]] v1::Import committed() const;
  /// With all parts that were submitted.
  [[nodiscard]] const v1::Import& submitted() const { return record_; }

 private:
  struct answers {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t under_way = 0;
    v1::Import committed;
    std::optional<error> failure;
  };

  host& host_;
  v1::Import record_;
  source_print print_;
  std::shared_ptr<answers> answers_ = std::make_shared<answers>();
};

/// What the engine is asked for; without a record of progress. Owns the part.
[[nodiscard]] import_request request_of(std::unique_ptr<exchange::part> from);

/// A record for a source that was never imported.
[[nodiscard]] v1::Import new_import(const std::vector<v1::Import>& known, position tail);
[[nodiscard]] exchange::reading reading_of(const v1::Import& record, position tail);

}  // namespace millrace
