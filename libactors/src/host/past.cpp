#include "host/past.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "engine/recorded_reactions.hpp"
#include "flow/past_fold.hpp"
#include "flow/rules.hpp"
#include "flow/state_saver.hpp"

namespace millrace {
namespace {

std::optional<position> position_of(const v1::Checkpoint& checkpoint) {
  if (!checkpoint.has_position()) return std::nullopt;
  return position{checkpoint.position()};
}

std::optional<std::string> bytes_of(const google::protobuf::Message* state) {
  if (state == nullptr) return std::nullopt;
  return encode_deterministic(*state);
}

/// Where to stop: `at`, or the checkpoint when nothing lies between. None: nothing was handled.
result<std::optional<position>> end_of_way(const overview& now, const flow_at_rest& flow,
                                           position at) {
  if (at >= now.tail()) {
    return error{errc::not_found,
                 fmt::format("there is no position {}: the timeline ends before {}", at.value,
                             now.tail().value)};
  }
  const auto reached = position_of(flow.loaded.checkpoint);
  if (reached && at <= *reached) return std::optional{at};
  auto next = now.watched_page(reached, 1);
  if (!next) return next.error();
  if (next->empty() || next->front().at > at) return reached;
  return error{errc::conflict,
               fmt::format("{} has not come to {}: the next event that it will handle is {}",
                           flow.entry.key.text(), at.value, next->front().at.value)};
}

result<void> fold_page(const store& from, const type_registry& types,
                       const std::vector<posting>& page, recorded_reactions* recorded,
                       const flow_key& key, past_fold& into) {
  auto read = read_inbox(from, types, key, page);
  if (!read) return read.error();
  std::span<observation> left{read->seen};
  while (!left.empty()) {
    auto count = recorded != nullptr ? recorded->attach(left) : result<std::size_t>{left.size()};
    if (!count) return count.error();
    for (const auto& seen : left.first(*count)) {
      if (auto folded = into.fold(seen); !folded) return folded;
    }
    left = left.subspan(*count);
  }
  return {};
}

result<void> fold_until(const store& from, const type_registry& types, const flow_at_rest& flow,
                        position end, const inbox_reader& inbox, past_fold& into) {
  auto begun = into.begin(end, flow.loaded.state);
  if (!begun) return begun.error();
  recorded_reactions recorded{from, types, flow.entry.key, end};
  for (auto after = *begun;;) {
    auto page = inbox(after, limits::behind_read_max);
    if (!page) return page.error();
    std::erase_if(*page, [end](const posting& each) { return each.at > end; });
    if (page->empty()) return {};
    after = page->back().at;
    auto* reactions = flow.type->topic ? &recorded : nullptr;
    if (auto folded = fold_page(from, types, *page, reactions, flow.entry.key, into); !folded) {
      return folded;
    }
  }
}

}  // namespace

result<flow_at_rest> load_flow(const store& from, const overview& now, const flow_view& view) {
  const auto& key = view.row.entry.key;
  const auto index = now.known().table.find(key.type());
  if (!index) {
    return error{errc::unknown_type,
                 fmt::format("the flow type {} is not part of this program", key.type())};
  }
  flow_at_rest made{.type = now.known().table.types()[*index].get(), .entry = view.row.entry};
  if (!view.stored) return made;
  auto loaded = from.load(view.row.entry.number);
  if (!loaded) return loaded.error();
  if (*loaded) made.loaded = std::move(**loaded);
  return made;
}

result<past_view> look_back(const store& from, const overview& now, const flow_view& view,
                            position at) {
  auto flow = load_flow(from, now, view);
  if (!flow) return flow.error();
  auto end = end_of_way(now, *flow, at);
  if (!end) return end.error();
  if (!*end) return past_view{};
  const auto inbox = [&](std::optional<position> after, std::size_t limit) {
    return now.watched_page(after, limit);
  };
  return fold_back(from, now.known().registry, *flow, **end, inbox);
}

result<past_view> fold_back(const store& from, const type_registry& types, const flow_at_rest& flow,
                            position end, const inbox_reader& inbox) {
  past_fold then{*flow.type, flow.entry.key, flow.loaded.checkpoint};
  if (auto folded = fold_until(from, types, flow, end, inbox, then); !folded) {
    return folded.error();
  }
  return past_view{.alive = then.alive(),
                   .life = then.life(),
                   .ended = then.alive() ? std::nullopt : then.ended(),
                   .state = bytes_of(then.state())};
}

namespace {

/// The event that it failed on, or the next one.
result<std::vector<posting>> event_at_hand(const overview& now, const v1::Checkpoint& checkpoint) {
  auto page = now.watched_page(position_of(checkpoint), limits::behind_read_max);
  if (!page) return page;
  const auto before = [&](const posting& one) {
    return checkpoint.has_error_position() && one.at.value < checkpoint.error_position();
  };
  while (!page->empty() && before(page->back())) {
    page = now.watched_page(page->back().at, limits::behind_read_max);
    if (!page) return page;
  }
  std::erase_if(*page, before);
  if (page->size() > 1) page->resize(1);
  return page;
}

/// The state of the checkpoint, with one that decides again made to decide freely, or not.
result<std::unique_ptr<runner>> begin(const store& from, const overview& now,
                                      const flow_at_rest& flow, bool freely) {
  auto made = std::make_unique<runner>(*flow.type, flow.entry.key);
  auto loaded = flow.loaded;
  if (freely) loaded.checkpoint.clear_replay_until();
  const auto inbox = [&](std::optional<position> after, std::size_t limit) {
    return now.watched_page(after, limit);
  };
  auto recovered =
      recover(from, now.known().registry, *flow.type, flow.entry, loaded, *made, inbox);
  if (!recovered) return recovered.error();
  return made;
}

}  // namespace

result<what_if_report> what_if(const store& from, const overview& now, const flow_view& view) {
  auto flow = load_flow(from, now, view);
  if (!flow) return flow.error();
  const auto& key = flow->entry.key;
  auto next = event_at_hand(now, flow->loaded.checkpoint);
  if (!next) return next.error();
  if (next->empty()) return error{errc::conflict, "nothing waits for " + key.text()};
  auto read = read_inbox(from, now.known().registry, key, *next);
  if (!read) return read.error();
  std::span<observation> seen{read->seen};
  what_if_report made{.at = seen.front().what->at};
  if (rules::is_deciding_again(flow->loaded.checkpoint, made.at)) {
    recorded_reactions recorded{from, now.known().registry, key, made.at};
    if (auto found = recorded.attach(seen); !found) return found.error();
    auto again = begin(from, now, *flow, false);
    if (!again) return again.error();
    auto compared = (**again).run(seen);
    if (compared.failed) made.failed = std::move(compared.failed->message);
  }
  auto instance = begin(from, now, *flow, true);
  if (!instance) return instance.error();
  const bool was_alive = (**instance).alive();
  made.decided = (**instance).run(seen);
  if (made.decided.failed && !made.failed) made.failed = made.decided.failed->message;
  if (made.decided.failed) return made;
  made.alive = (**instance).alive();
  made.passes_by = !was_alive && !made.alive && !seen.front().starts;
  made.state = bytes_of((**instance).state());
  return made;
}

}  // namespace millrace
