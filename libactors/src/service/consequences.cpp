#include "service/consequences.hpp"

#include <algorithm>

#include "base/service_limits.hpp"

namespace millrace::service {

bool consequences::is_full() const { return known_.size() > limits::command_effects_max; }

void consequences::add(const seen& one) {
  if (answer_ || is_full() || !one.cause || !has(*one.cause)) return;
  if (one.correlation != wanted_.correlation) return;
  known_.insert(one.at.value);
  const auto& answers = wanted_.answers;
  const bool is_wanted = std::find(answers.begin(), answers.end(), one.type) != answers.end();
  if (is_wanted && !one.is_scheduled) answer_ = one.at;
}

}  // namespace millrace::service
