/// Which flow types a part names, each once.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "exchange/part.hpp"
#include "millrace/envelope.pb.h"

namespace millrace::exchange {

/// Of one part at a time. One thread.
class named_types {
 public:
  /// Adds the type of a flow key, unless the part has it.
  void add(std::string_view key, part& into) { add_type(key.substr(0, key.find('|')), into); }
  void add_type(std::string_view type, part& into) {
    if (knows(type, into)) return;
    seen_.emplace(type);
    into.flow_types.emplace_back(type);
  }
  /// What it is routed to, and the topic that emitted it: that one must not react a second time.
  void add(const v1::Envelope& envelope, part& into) {
    if (!envelope.emitter().empty()) add(envelope.emitter(), into);
    for (const auto& key : envelope.routes().keys()) add(key, into);
  }
  /// What comes goes into another part.
  void clear() { seen_.clear(); }

 private:
  /// A few are compared sooner than one is hashed.
  [[nodiscard]] bool knows(std::string_view type, const part& into) const {
    constexpr std::size_t few = 8;
    const auto& all = into.flow_types;
    if (all.size() > few) return seen_.contains(type);
    return std::find(all.begin(), all.end(), type) != all.end();
  }

  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_set<std::string, hash, std::equal_to<>> seen_;
};

}  // namespace millrace::exchange
