/// Expected failures: named, explained, and marked when trying again may help.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace millrace {

/// Why a call failed. Values are not stored; the names are printed.
enum class errc : std::uint8_t {
  invalid,         ///< the input breaks a stated rule; nothing changed
  unknown_type,    ///< no such event or flow type here
  undecodable,     ///< a payload is not what its type says
  too_large,       ///< over a limit of limits.hpp
  not_found,       ///< no such flow, event or store
  conflict,        ///< a condition of the call (tail, latest, fence) does not hold
  in_use,          ///< another process owns the store
  newer_schema,    ///< the store was written by a newer millrace
  incompatible,    ///< a flow's state or kind changed without a new version
  overloaded,      ///< a queue is at its bound; try again later
  storage_full,    ///< no space on the device; held work goes on when there is
  storage_failed,  ///< the store cannot be trusted any more; stop the host
  broken,          ///< the engine broke a promise to itself; restart the process
  corrupt,         ///< stored bytes contradict themselves
  stopped,         ///< the flow asked about stopped on an error
  closed,          ///< the host is not open, or is stopping
  timed_out,       ///< the time limit of the call passed first
};

/// The name as it stands in the enumeration, for messages and JSON.
[[nodiscard]] std::string_view to_string(errc code);
/// Whether the same call may succeed later with nothing repaired by a person.
[[nodiscard]] bool is_retryable(errc code);

/// A failure: the code decides what a program does, the message tells a person what to do.
struct error {
  errc code = errc::invalid;
  std::string message;
};

/// A value or an error. Reading the wrong one aborts: look before you read.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  result(millrace::error failure) : content_(std::in_place_index<1>, std::move(failure)) {}

  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] T& value() & { return get<0>(); }
  [[nodiscard]] const T& value() const& { return const_cast<result*>(this)->get<0>(); }
  [[nodiscard]] T&& value() && { return std::move(get<0>()); }
  T& operator*() & { return get<0>(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &get<0>(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const millrace::error& error() const { return const_cast<result*>(this)->get<1>(); }

 private:
  template <std::size_t I>
  auto& get() {
    if (content_.index() != I) std::abort();
    return *std::get_if<I>(&content_);
  }
  std::variant<T, millrace::error> content_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(millrace::error failure) : failure_(std::move(failure)), failed_(true) {}

  [[nodiscard]] bool has_value() const { return !failed_; }
  explicit operator bool() const { return !failed_; }
  [[nodiscard]] const millrace::error& error() const {
    if (!failed_) std::abort();
    return failure_;
  }

 private:
  millrace::error failure_;
  bool failed_ = false;
};

}  // namespace millrace
