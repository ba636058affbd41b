/// Which instances of a flow type observe an event.
#pragma once

#include <concepts>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// What a flow's `route(const E&)` returns: any number of instance ids, each either
///  - *starts*: reaches the instance and creates it when there is none, or
///  - *joins*: reaches a living instance only, and leaves no trace of one that never was.
/// An id that is named twice is reached once; *starts* wins. `route{}` reaches nobody.
/// A route is a pure function of the event: it is called again whenever derived data is rebuilt.
class route {
 public:
  struct target {
    std::string id;
    bool starts = false;
  };

  route() = default;
  route(const route&) = default;
  route& operator=(const route&) = default;
  ~route() = default;
  /// The other one reaches nobody afterwards.
  route(route&& other) noexcept
      : first_(std::move(other.first_)),
        has_any_(std::exchange(other.has_any_, false)),
        all_(std::exchange(other.all_, {})) {}
  route& operator=(route&& other) noexcept {
    first_ = std::move(other.first_);
    has_any_ = std::exchange(other.has_any_, false);
    all_ = std::exchange(other.all_, {});
    return *this;
  }

  /// Chains: `starts(a).joins(b)`.
  route starts(std::string_view id) && {
    add(id, true);
    return std::move(*this);
  }
  route joins(std::string_view id) && {
    add(id, false);
    return std::move(*this);
  }
  void add(std::string_view id, bool starts) {
    if (!has_any_) {
      first_.id = id;
      first_.starts = starts;
      has_any_ = true;
      return;
    }
    target added{std::string{id}, starts};  // it may be a part of one that is moved below
    for (auto* known = begin(); known != end(); ++known) {
      if (known->id != id) continue;
      known->starts = known->starts || starts;
      return;
    }
    if (all_.empty()) all_.push_back(std::move(first_));
    all_.push_back(std::move(added));
  }

  /// In the order in which they were named. Valid until another one is added.
  [[nodiscard]] std::span<const target> targets() const {
    return all_.empty() ? std::span{&first_, has_any_ ? 1u : 0u} : std::span{all_};
  }

 private:
  [[nodiscard]] target* begin() { return all_.empty() ? &first_ : all_.data(); }
  [[nodiscard]] target* end() { return begin() + (all_.empty() ? 1 : all_.size()); }

  // Most events go to one instance of a type, and this is made for every one of them.
  target first_;
  bool has_any_ = false;
  std::vector<target> all_;  ///< of several; the first one too
};

// Made where it is returned, and not by a chain, which moves it: each event makes some.
[[nodiscard]] inline route starts(std::string_view id) {
  route made;
  made.add(id, true);
  return made;
}
[[nodiscard]] inline route joins(std::string_view id) {
  route made;
  made.add(id, false);
  return made;
}

/// Numbers are ids too: their decimal digits.
[[nodiscard]] inline route starts(std::integral auto id) { return starts(std::to_string(id)); }
[[nodiscard]] inline route joins(std::integral auto id) { return joins(std::to_string(id)); }

/// Several ids at once, from anything that can be walked: `starts_each(e.user_ids())`.
template <class Ids>
[[nodiscard]] route starts_each(const Ids& ids) {
  route all;
  for (const auto& id : ids) all.add(id, true);
  return all;
}
template <class Ids>
[[nodiscard]] route joins_each(const Ids& ids) {
  route all;
  for (const auto& id : ids) all.add(id, false);
  return all;
}
[[nodiscard]] inline route starts(std::initializer_list<std::string_view> ids) {
  return starts_each(ids);
}
[[nodiscard]] inline route joins(std::initializer_list<std::string_view> ids) {
  return joins_each(ids);
}

}  // namespace millrace
