/// `routeTypes` and `routeIds` of an event's metadata: which flows it reaches.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/members.hpp"

namespace millrace::exchange {

/// Re-uses its memory from line to line. Pure; one thread.
class kurrent_routes {
 public:
  /// Takes the place of what was read before. False, and `wrong` says why: they are no routes.
  [[nodiscard]] bool read(const maybe_value& types, const maybe_value& ids, complaint& wrong);
  /// As if it had read no routes.
  void clear() { keys_.clear(); }
  /// The keys, each once, in byte order. Views until the next read().
  [[nodiscard]] std::span<const std::string_view> keys() const { return keys_; }

 private:
  struct route_type {
    std::string_view name;
    bool is_multiple = false;
  };
  bool read_types(const simdjson::dom::array& types, complaint& wrong);
  bool read_ids(const simdjson::dom::array& lists, complaint& wrong);
  bool read_list(const simdjson::dom::object& list, complaint& wrong);
  bool add_id(std::string_view type, const json_value& id, complaint& wrong);
  bool add(std::string_view type, const std::string_view* id, complaint& wrong);
  bool check_kinds(complaint& wrong) const;

  struct place {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  std::vector<route_type> types_;
  std::string text_;           // of all keys
  std::vector<place> places_;  // where in it: it moves while it grows
  std::vector<std::string_view> keys_;
};

}  // namespace millrace::exchange
