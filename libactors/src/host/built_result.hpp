/// One of a query's results: what one build of it made of its instances.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/past.hpp"
#include "routing/interest.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// The flow type of this program that made a build of this version; null: it has other versions
/// only. Version 0, of what came with an import, is any.
[[nodiscard]] const flow_type* code_of(const interest_table& interest, std::string_view name,
                                       std::uint32_t version);

/// An instance as it was after some event.
struct instance_at {
  bool alive = false;
  std::string why;  ///< not empty: it cannot be told, and the rest says nothing
  position at;      ///< as asked; or before, where it was saved, when no code can bring it further
  std::string state;
  bool is_json = false;  ///< the state is JSON text, as it was imported

  [[nodiscard]] bool is_told() const { return why.empty(); }
};

/// Reads instances of one build. What lies before the position up to which the build was routed is
/// in their inboxes. One thread; all that is handed over outlives it.
class built_result {
 public:
  built_result(const store& from, const interest_table& interest, const type_registry& types,
               const v1::FlowType& row)
      : from_(from),
        types_(types),
        code_(code_of(interest, row.name(), row.version())),
        version_(row.version()) {}

  [[nodiscard]] bool has_code() const { return code_ != nullptr; }
  /// The instance after everything up to `at`. None: there is no such instance, which is not alive.
  /// Folds what it has to; decides nothing. Errors: those of the store.
  [[nodiscard]] result<instance_at> take(const std::optional<flow_row>& flow, position at) const;

 private:
  [[nodiscard]] result<std::string> why_not_there(const flow_row& flow,
                                                  const v1::Checkpoint& checkpoint,
                                                  position at) const;
  [[nodiscard]] result<instance_at> fold(const flow_row& flow, loaded_flow loaded,
                                         position end) const;
  [[nodiscard]] result<instance_at> as_saved(const flow_row& flow, loaded_flow loaded,
                                             position at) const;

  const store& from_;
  const type_registry& types_;
  const flow_type* code_;
  std::uint32_t version_;
};

}  // namespace millrace
