#include "millrace/reactions.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>

namespace millrace {

void reactions::cancel_type(std::string_view type) {
  const auto stays = [type](const emission& one) {
    return !one.due || one.body->GetDescriptor()->name() != type;
  };
  const auto dropped = std::stable_partition(emissions_.begin(), emissions_.end(), stays);
  // The handler may still hold a reference to what it takes back.
  for (auto one = dropped; one != emissions_.end(); ++one)
    taken_back_.push_back(std::move(one->body));
  emissions_.erase(dropped, emissions_.end());
  if (std::find(cancelled_.begin(), cancelled_.end(), type) == cancelled_.end()) {
    cancelled_.push_back(type);
  }
}

}  // namespace millrace
