/// One process owns a store. docs/formats/lock.md
#pragma once

#include <filesystem>

#include "millrace/result.hpp"

namespace millrace::sqlite {

/// An open file with the operating system's lock on it. The lock ends with this object or with the
/// process, however that dies; the file stays.
class store_lock {
 public:
  /// Takes `<directory>/lock`, creating it, and writes who holds it. Never waits. Errors: in_use
  /// (the message names process and program), storage_failed.
  static result<store_lock> take(const std::filesystem::path& directory);

  store_lock(store_lock&& other) noexcept;
  store_lock& operator=(store_lock&& other) noexcept;
  ~store_lock();

 private:
  explicit store_lock(int file) : file_(file) {}
  int file_;
};

}  // namespace millrace::sqlite
