// Builds of flow types, from outside.
#include "host/host_calls.hpp"

namespace millrace {

result<switch_report> host::switch_type(const std::string& type, switch_options options) {
  pending_answer<switch_report> answer;
  {
    const std::shared_lock use{parts_->usage};
    if (const auto why = unusable(*parts_)) return *why;
    parts_->running->switch_type(type, options.drop_old, answer.keep());
  }
  return await(*parts_, answer);
}

}  // namespace millrace
