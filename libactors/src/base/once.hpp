/// A function that is called once, and may own what it is called for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace millrace {

/// Like std::function<void(Argument)>, but moved only, so that what it holds need not be copied,
/// and with room for a promise in itself: most calls of an append are this and little else.
/// Empty: made of nothing, or of an empty std::function. One thread at a time.
template <class Argument>
class once {
 public:
  once() = default;
  once(std::nullptr_t) {}
  // What is constrained like this hides no move.
  // NOLINTBEGIN(bugprone-forwarding-reference-overload)
  template <class Function>
  requires(!std::is_same_v<std::remove_cvref_t<Function>, once> &&
           std::is_invocable_v<std::remove_cvref_t<Function>&, Argument>) once(Function&& from) {
    using kept = std::remove_cvref_t<Function>;
    if constexpr (std::is_constructible_v<bool, const kept&>) {
      if (!static_cast<bool>(from)) return;
    }
    if constexpr (fits<kept>) {
      ::new (static_cast<void*>(&room_)) kept(std::forward<Function>(from));
      does_ = &actions_of<kept>;
    } else {
      // Elsewhere, and the pointer to it in here.
      using far = std::unique_ptr<kept>;
      ::new (static_cast<void*>(&room_)) far(new kept(std::forward<Function>(from)));
      does_ = &far_actions_of<kept>;
    }
  }
  // NOLINTEND(bugprone-forwarding-reference-overload)
  once(once&& other) noexcept { take(other); }
  once& operator=(once&& other) noexcept {
    if (this == &other) return *this;
    drop();
    take(other);
    return *this;
  }
  ~once() { drop(); }

  explicit operator bool() const { return does_ != nullptr; }
  /// Not when it is empty.
  void operator()(Argument argument) { does_->call(&room_, std::move(argument)); }

 private:
  static constexpr std::size_t room_size = 32;
  struct actions {
    void (*call)(void*, Argument&&);
    void (*move)(void* from, void* to);  // and ends what is at `from`
    void (*end)(void*);
  };
  template <class Kept>
  static constexpr bool fits =
      sizeof(Kept) <= room_size &&  // NOLINT(misc-redundant-expression): two sizes
      alignof(Kept) <= alignof(void*) && std::is_nothrow_move_constructible_v<Kept>;
  template <class Kept>
  static void move(void* from, void* to) {
    ::new (to) Kept(std::move(*static_cast<Kept*>(from)));
    end<Kept>(from);
  }
  template <class Kept>
  static void end(void* kept) {
    static_cast<Kept*>(kept)->~Kept();
  }
  template <class Kept>
  static constexpr actions actions_of{
      [](void* kept, Argument&& argument) { (*static_cast<Kept*>(kept))(std::move(argument)); },
      &move<Kept>, &end<Kept>};
  template <class Kept>
  static constexpr actions far_actions_of{
      [](void* kept, Argument&& argument) {
        (**static_cast<std::unique_ptr<Kept>*>(kept))(std::move(argument));
      },
      &move<std::unique_ptr<Kept>>, &end<std::unique_ptr<Kept>>};

  void take(once& other) {
    does_ = std::exchange(other.does_, nullptr);
    if (does_ != nullptr) does_->move(&other.room_, &room_);
  }
  void drop() {
    if (const auto* before = std::exchange(does_, nullptr)) before->end(&room_);
  }

  alignas(void*) std::byte room_[room_size];
  const actions* does_ = nullptr;
};

}  // namespace millrace
