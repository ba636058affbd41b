// The part of the comparison that looks at one flow, or at one span of the cause index.
#include <fmt/format.h>

#include <algorithm>

#include "host/comparison.hpp"

namespace millrace {
namespace {

std::string told(const posting& one) {
  return fmt::format("event {}{}", one.at.value, one.starts ? "" : " (joins)");
}

std::string shown(position born) {
  return born == unplaced ? "no event" : std::to_string(born.value);
}

/// Walks two inboxes side by side.
struct walk {
  std::uint64_t differing = 0;
  std::string first;  ///< what is wrong at the first position that differs
  std::optional<position> first_at;

  void note(const posting& at, std::string what) {
    if (differing++ > 0) return;
    first_at = at.at;
    first = std::move(what);
  }
  void compare(const posting_run& stored, const posting_run& expected) {
    auto left = stored.read();
    auto right = expected.read();
    posting is;
    posting should;
    bool more_left = left.next(is);
    bool more_right = right.next(should);
    while (more_left || more_right) {
      const bool missing = more_right && (!more_left || should.at < is.at);
      const bool extra = more_left && (!more_right || is.at < should.at);
      if (missing) note(should, told(should) + " is missing in its inbox");
      if (extra) note(is, told(is) + " is in its inbox, and was not routed to it");
      if (!missing && !extra && is.starts != should.starts) {
        note(is, fmt::format("event {} {} in its inbox, and {} by routing", is.at.value,
                             is.starts ? "starts" : "joins", should.starts ? "starts" : "joins"));
      }
      if (!extra) more_right = right.next(should);
      if (!missing) more_left = left.next(is);
    }
  }
};

posting_run before(const posting_run& stored, position until) {
  posting_run made;
  auto reader = stored.read();
  for (posting one; reader.next(one) && one.at < until;) made.append(one);
  return made;
}

/// Where a build is not the first one, it is said.
std::string subject_of(const flow_key& key, build_number build) {
  if (build == first_build) return "flow " + key.text();
  return fmt::format("flow {} (build {})", key.text(), static_cast<std::uint32_t>(build));
}

}  // namespace

/// Two keys of one hash are told apart by the store.
comparison::entry* comparison::find_entry(const gathered_flow& flow) {
  const auto name = std::pair{flow.hash(), flow.scope().build};
  const auto name_of = [](const entry& one) { return std::pair{one.hash, one.build}; };
  auto first =
      std::lower_bound(directory_.begin(), directory_.end(), name,
                       [&](const entry& one, const auto& wanted) { return name_of(one) < wanted; });
  if (first == directory_.end() || name_of(*first) != name) return nullptr;
  const auto next = first + 1;
  if (next == directory_.end() || name_of(*next) != name) return &*first;
  auto row = with_.from.find_flow(flow_key::parse(std::string{flow.key()}), flow.scope().build);
  if (!row || !*row) return nullptr;
  for (; first != directory_.end() && name_of(*first) == name; ++first) {
    if (first->number == (*row)->entry.number) return &*first;
  }
  return nullptr;
}

result<void> comparison::compare_flow(const expectation& expected, std::size_t number,
                                      found& into) {
  const auto* flow = expected.flow_at(number);
  if (flow == nullptr) return {};
  const auto key = flow_key::parse(std::string{flow->key()});
  const auto& scope = flow->scope();
  if (!scope.known || broken_types_.contains(key.type())) return {};
  auto inbox = expected.inbox(*flow);
  if (entry* stored = find_entry(*flow)) {
    stored->seen = true;
    return compare_inbox(key, *stored, scope, std::move(inbox), into);
  }
  if (inbox.postings.empty()) return {};
  ++into.flows;
  into.postings += inbox.postings.size();
  into.differences.push_back(
      {subject_of(key, scope.build),
       fmt::format("is not in the directory; {} events are routed to it", inbox.postings.size())});
  const auto type = with_.plan.table().find(key.type());
  if (type && with_.plan.table().types()[*type]->topic) into.lost_topics = true;
  into.mends.inboxes.push_back(
      {key, scope.build, std::move(inbox.postings), inbox.born, scope.range.until, false});
  return {};
}

/// A flow of the directory that nothing was routed to.
result<void> comparison::compare_rest(entry& one, found& into) {
  if (one.seen) return {};
  auto row = with_.from.find_flow(one.number);
  if (!row) return row.error();
  if (!*row) return {};
  const auto& key = (*row)->entry.key;
  const auto& scope = with_.plan.scope_of(key.type(), one.build);
  if (!scope.known || broken_types_.contains(key.type())) return {};
  return compare_inbox(key, one, scope, {}, into);
}

/// A birth that no event can be.
bool comparison::is_nowhere(position born) const {
  return born != unplaced && born >= with_.from.tail();
}

result<void> comparison::compare_inbox(const flow_key& key, entry& stored,
                                       const routed_scope& scope, merged_inbox expected,
                                       found& into) {
  ++into.flows;
  auto inbox = with_.from.inbox(stored.number);
  if (!inbox) return inbox.error();
  into.postings += inbox->postings.size();
  std::string what;
  const auto add = [&](const std::string& text) { what += (what.empty() ? "" : "; ") + text; };
  if (!inbox->damage.empty()) add(inbox->damage);
  walk differences;
  if (inbox->postings != expected.postings) {
    // What a running host has routed since is no difference.
    differences.compare(before(inbox->postings, scope.range.until), expected.postings);
  }
  if (differences.differing == 1) add(differences.first);
  if (differences.differing > 1) {
    add(fmt::format("{} differences, the first: {}", differences.differing, differences.first));
  }
  const auto born = expected.born;
  // One that was born later than what is compared is no business of this comparison.
  const bool is_unborn = !born && (stored.born < scope.range.until || is_nowhere(stored.born));
  const bool is_orphan = is_unborn && inbox->postings.empty() && !stored.has_checkpoint;
  if (is_orphan) {
    add("is in the directory, but nothing was ever routed to it");
  } else if (born && *born != stored.born) {
    add(fmt::format("is born at {} in the directory, at {} by routing", shown(stored.born),
                    born->value));
  } else if (is_unborn) {
    add(fmt::format("is born at {} in the directory, but nothing started it", stored.born.value));
  }
  if (what.empty()) return {};
  if (differences.first_at && stored.checkpoint && *differences.first_at <= *stored.checkpoint) {
    add(fmt::format("its checkpoint {} is past that: reset it to fold them",
                    stored.checkpoint->value));
  }
  into.differences.push_back({subject_of(key, scope.build), std::move(what)});
  into.mends.inboxes.push_back({key, scope.build, std::move(expected.postings), born,
                                scope.range.until, !stored.has_checkpoint});
  return {};
}

result<void> comparison::compare_span(const expectation& expected, std::uint64_t span,
                                      found& into) {
  const auto until = with_.plan.effects().until;
  auto should = expected.effects(span);
  into.effects += should.size();
  auto stored = with_.from.effects_of_span(span);
  std::string what;
  if (!stored && stored.error().code != errc::corrupt) return stored.error();
  if (!stored) {
    what = stored.error().message;
  } else {
    std::erase_if(*stored, [&](const effect& one) { return one.at >= until; });
    put_in_order(*stored);
    if (*stored == should) return {};
    const auto [is, wanted] =
        std::mismatch(stored->begin(), stored->end(), should.begin(), should.end());
    const bool missing = wanted != should.end() && (is == stored->end() || *wanted < *is);
    const auto& first = missing ? *wanted : *is;
    what = fmt::format("event {} is {} the effects of {}{}", first.at.value,
                       missing ? "missing among" : "listed among", first.cause.value,
                       missing ? "" : ", which is not its cause");
  }
  into.differences.push_back({fmt::format("effects of {} to {}", span * effect_span_causes,
                                          (span + 1) * effect_span_causes - 1),
                              std::move(what)});
  into.mends.effects.push_back({span, std::move(should), until});
  return {};
}

}  // namespace millrace
