/// Messages that events are decoded into, used again.
#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace millrace {

/// Those of one window at a time. A message that is made anew for each event costs more than what
/// is read into it: its texts are objects that somebody has to destroy. One thread.
class bodies {
 public:
  bodies();
  /// One that nobody uses now, for a payload of so many bytes. Whoever decodes into it clears it
  /// first.
  google::protobuf::Message& next(const google::protobuf::Message& prototype, std::size_t payload);
  /// Nobody uses any of them.
  void all_are_free();
  /// About the bytes that they took when they were last free. What is cleared in an arena is not
  /// always used again: a message in a message is not, nor is what was in a `oneof` or a map; and
  /// texts of more than a few bytes are not in the arena. So all that was decoded counts as well,
  /// unless the arena did not grow meanwhile.
  [[nodiscard]] std::size_t size() const { return arena_size_ + texts_size_; }

 private:
  struct kind;
  kind& kind_of(const google::protobuf::Message& prototype);

  google::protobuf::Arena arena_;
  std::size_t arena_size_ = 0;
  std::size_t texts_size_ = 0;
  std::size_t decoded_size_ = 0;  // since they were free
  struct kind {
    const google::protobuf::Message* prototype;
    std::vector<google::protobuf::Message*> made;  // of arena_
    std::size_t used = 0;
  };
  std::vector<kind> kinds_;
  std::size_t last_ = 0;  // of them; the next event is often of the same type
};

/// Keeps those of windows that are gone, as many as there are windows at once. Any thread.
class body_pool {
 public:
  /// Payloads that are longer are not decoded into these: they would keep the memory.
  static constexpr std::size_t payload_size_max = 256;

  [[nodiscard]] std::shared_ptr<bodies> take();
  /// Nothing is behind any more.
  void trim();

 private:
  /// Outlives the pool for as long as there are windows.
  struct kept {
    std::mutex mutex;
    std::vector<std::unique_ptr<bodies>> free;
  };
  std::shared_ptr<kept> kept_ = std::make_shared<kept>();
};

}  // namespace millrace
