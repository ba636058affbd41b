// Builds of flow types, from outside.
#include "host/host_calls.hpp"
#include "host/result_comparison.hpp"

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

result<result_comparison> host::compare(const std::string& type, compare_options options) {
  auto& own = *parts_;
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  pending_answer<std::optional<flow_activity>> written;  // what is routed by now
  own.running->statistics(std::nullopt, written.keep());
  if (auto done = await(own, written); !done) return done.error();
  return compare_results(*own.stored, *own.interest, own.types, type, options);
}

}  // namespace millrace
