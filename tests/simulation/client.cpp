#include "client.hpp"

#include <fmt/format.h>

namespace millrace::simulation {

void client::send(host_test& to, std::size_t count, append_condition condition) {
  std::vector<new_event> events;
  while (events.size() < count) events.push_back(invent());
  queue(to, std::move(events), std::move(condition));
}

/// The generator's next input, with scans so small that they end; or an earlier registry again, so
/// that scans live again.
new_event client::invent() {
  scans::shop_input input;
  if (!registries_.empty() && dice_.one_in(40)) {
    input = registries_[dice_.below(registries_.size())];
  } else {
    input = shop_.next();
  }
  if (auto* registry = std::get_if<scans::UpdateScanRegistry>(&input)) {
    for (auto& scan : *registry->mutable_scans()) scan.set_images(scan.images() % 8);
    registries_.push_back(*registry);
  }
  auto made = scans::to_event(input);
  made.id = fmt::format("input-{}", ids_++);
  return made;
}

void client::resend(host_test& to) {
  if (!unacknowledged_.empty()) queue(to, std::exchange(unacknowledged_, {}), {});
}

void client::repeat(host_test& to, std::size_t count) {
  std::vector<new_event> events;
  for (; count > 0 && !latest_ids_.empty(); --count) {
    events.push_back(acknowledged_.at(latest_ids_[dice_.below(latest_ids_.size())]).what);
  }
  if (!events.empty()) queue(to, std::move(events), {});
}

void client::queue(host_test& to, std::vector<new_event> events, append_condition condition) {
  auto answer = to.running().append(events, condition);
  in_flight_.push_back({std::move(events), std::move(condition), std::move(answer)});
}

void client::collect(bool process_died) {
  std::erase_if(in_flight_, [this](in_flight& one) {
    if (one.answer.wait_for(duration{0}) != std::future_status::ready) return false;
    take(one);
    return true;
  });
  if (process_died && !in_flight_.empty()) findings_.emplace_back("an append without an answer");
}

void client::take(in_flight& one) {
  const auto outcome = one.answer.get();
  if (outcome) return acknowledge(one, *outcome);
  const auto code = outcome.error().code;
  const bool expected = code == errc::closed || code == errc::storage_full ||
                        (code == errc::conflict && one.condition.tail) ||
                        (code == errc::conflict && one.condition.flow_latest);
  if (!expected) findings_.push_back("an append failed: " + outcome.error().message);
  for (auto& each : one.events) {
    if (!acknowledged_.contains(each.id)) unacknowledged_.push_back(std::move(each));
  }
}

void client::acknowledge(const in_flight& one, const std::vector<position>& at) {
  if (at.size() != one.events.size()) {
    findings_.push_back(fmt::format("{} positions for {} events", at.size(), one.events.size()));
    return;
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto& what = one.events[i];
    const auto [known, is_new] = acknowledged_.insert({what.id, {at[i], what}});
    if (is_new) latest_ids_.push_back(what.id);
    if (known->second.at == at[i]) continue;
    findings_.push_back(fmt::format("{} was acknowledged at {}, and then at {}", what.id,
                                    known->second.at.value, at[i].value));
  }
  constexpr std::size_t kept = 100;
  if (latest_ids_.size() > kept) {
    latest_ids_.erase(latest_ids_.begin(), latest_ids_.end() - kept);
  }
  if (one.condition.tail || one.condition.flow_latest) {
    conditionals_.push_back({one.condition, at.front()});
  }
}

}  // namespace millrace::simulation
