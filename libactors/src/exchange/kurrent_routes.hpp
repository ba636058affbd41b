/// `routeTypes` and `routeIds` of an event's metadata: which flows it reaches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exchange/members.hpp"
#include "millrace/envelope.pb.h"

namespace millrace::exchange {

/// Re-uses its memory from line to line. Pure; one thread.
class kurrent_routes {
 public:
  /// Adds the keys to `into`, each once, in byte order. False, and `wrong` says why: they are no
  /// routes.
  [[nodiscard]] bool read(const maybe_value& types, const maybe_value& ids,
                          v1::ExplicitRoutes& into, complaint& wrong);

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

  std::vector<route_type> types_;
  std::vector<std::string> keys_;  // the first count_ of them
  std::size_t count_ = 0;
};

}  // namespace millrace::exchange
