// What a group takes over of the router's derived data.
#include <utility>

#include "engine/group.hpp"

namespace millrace {

/// Postings and effects are as many as all that is routed between two writes, and inboxes that a
/// rebuild replaces are long: the first request's, mostly the only one's, are not copied.
result<void> group::add(derived_commit& request) {
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(batch_.flows, request.part.flows);
  if (batch_.postings.empty() && batch_.effects.empty() && batch_.rewritten.empty()) {
    borrowed_ = {&request, request.part.postings.size(), request.part.effects.size(),
                 request.part.rewritten.size()};
    std::swap(batch_.postings, request.part.postings);
    batch_.effects.swap(request.part.effects);
    batch_.rewritten.swap(request.part.rewritten);
  } else {
    batch_.postings.append(request.part.postings);
    append(batch_.effects, request.part.effects);
    append(batch_.rewritten, request.part.rewritten);
  }
  append(batch_.erased, request.part.erased);
  append(batch_.rewritten_effects, request.part.rewritten_effects);
  append(batch_.flow_types, request.part.flow_types);
  append(batch_.dropped, request.part.dropped);
  // Of flows that a rebuild puts back into the directory: nobody else can have written one.
  for (const auto& each : request.part.checkpoints) {
    checkpoints_.emplace(each.flow, batch_.checkpoints.size());
    batch_.checkpoints.push_back(each);
  }
  batch_.needs_flush = true;
  if (request.part.routed) batch_.routed = request.part.routed;
  return {};
}

void group::give_back() {
  const auto from = std::exchange(borrowed_, {});
  if (from.lender == nullptr) return;
  batch_.postings.shorten(from.postings);
  batch_.effects.resize(from.effects);
  batch_.rewritten.resize(from.rewritten);
  std::swap(batch_.postings, from.lender->part.postings);
  batch_.effects.swap(from.lender->part.effects);
  batch_.rewritten.swap(from.lender->part.rewritten);
}

}  // namespace millrace
