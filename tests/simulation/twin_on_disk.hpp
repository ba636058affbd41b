/// A store on a disk beside the one in memory: given the same commits, it has to say the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "support/temporary_directory.hpp"

namespace millrace::simulation {

/// Its bounds are so small that a commit of a few checkpoints goes past the log. The engine never
/// reads it; what it says is compared with the store in memory, which is obviously right.
class twin_on_disk {
 public:
  explicit twin_on_disk(std::uint64_t seed);
  void commit(const commit_batch& batch);
  /// The process dies, or it ends; and another one begins.
  void kill();
  void close();
  /// What was refused, is damaged, or is not as in the other; one sentence each.
  [[nodiscard]] std::vector<std::string> differences_from(const store& other);

 private:
  void open();
  template <class Done>
  void expect(const Done& done, const char* what);

  temporary_directory place_;
  std::size_t many_;  ///< checkpoints of a commit
  std::unique_ptr<store> stored_;
  std::vector<std::string> found_;
};

}  // namespace millrace::simulation
