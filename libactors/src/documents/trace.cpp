#include "documents/trace.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace millrace::documents {
namespace {

/// Effects of a cause: what the index has, and what came after its end.
class effect_reader {
 public:
  static result<effect_reader> over(const millrace::store& from) {
    effect_reader made{from};
    auto indexed = from.routed();
    if (!indexed) return indexed.error();
    made.indexed_ = *indexed;
    auto read = from.scan(*indexed, from.tail(), [&](const event_row& row) {
      v1::Envelope envelope;
      if (envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size())) &&
          envelope.has_cause()) {
        made.later_[position{envelope.cause()}].push_back(row.at);
      }
      return true;
    });
    if (!read) return read.error();
    return made;
  }

  [[nodiscard]] result<std::vector<position>> of(position cause) const {
    auto found = from_.effects(cause);
    if (!found) return found;
    std::erase_if(*found, [&](position at) { return at >= indexed_ || at <= cause; });
    const auto later = later_.find(cause);
    if (later != later_.end())
      found->insert(found->end(), later->second.begin(), later->second.end());
    return found;
  }

 private:
  explicit effect_reader(const millrace::store& from) : from_(from) {}
  const millrace::store& from_;
  position indexed_;
  std::map<position, std::vector<position>> later_;
};

result<void> climb(const millrace::store& from, const type_registry& types,
                   const trace_limits& options, trace_report& made) {
  shown_event below = made.below.front().event;
  while (below.envelope.has_cause()) {
    const position cause{below.envelope.cause()};
    // A cause after its effect is damage (verify names it), and could lead round in a circle.
    if (cause >= below.at) break;
    if (made.above.size() == options.depth) {
      made.above_cut = true;
      break;
    }
    auto event = read_event(from, types, cause);
    if (!event && event.error().code == errc::not_found) break;
    if (!event) return event.error();
    below = *event;
    made.above.push_back(std::move(*event));
  }
  std::reverse(made.above.begin(), made.above.end());
  return {};
}

/// Level by level, so that a limit cuts far effects before near ones.
result<void> descend(const millrace::store& from, const type_registry& types,
                     const trace_limits& options, trace_report& made) {
  auto effects = effect_reader::over(from);
  if (!effects) return effects.error();
  std::set<position> seen{made.below.front().event.at};
  for (std::size_t i = 0; i < made.below.size(); ++i) {
    auto found = effects->of(made.below[i].event.at);
    if (!found) return found.error();
    std::erase_if(*found, [&](position at) { return seen.contains(at); });
    const auto room = options.limit + 1 - std::min(options.limit + 1, made.below.size());
    const bool too_deep = made.below[i].level >= options.depth;
    const auto shown = too_deep ? 0 : std::min<std::uint64_t>(room, found->size());
    made.below[i].hidden = found->size() - shown;
    found->resize(shown);
    seen.insert(found->begin(), found->end());
    auto read = from.fetch(*found, [&](const event_row& row) {
      made.below[i].effects.push_back(made.below.size());
      made.below.push_back({.event = decode(types, row), .level = made.below[i].level + 1});
      return true;
    });
    if (!read) return read;
  }
  return {};
}

std::string line_of(const shown_event& event, const char* relation, std::uint64_t hidden) {
  auto head = head_of(event);
  head["relation"] = relation;
  if (hidden > 0) head["hidden_effects"] = hidden;
  return documents::line_of(head, event);
}

}  // namespace

std::uint64_t trace_report::hidden() const {
  std::uint64_t sum = 0;
  for (const auto& each : below) sum += each.hidden;
  return sum;
}

result<trace_report> trace_events(const millrace::store& from, const type_registry& types,
                                  const trace_limits& options) {
  trace_report made;
  auto event = read_event(from, types, position{options.position});
  if (!event) return event.error();
  made.below.push_back({.event = std::move(*event)});
  if (auto done = climb(from, types, options, made); !done) return done.error();
  if (auto done = descend(from, types, options, made); !done) return done.error();
  return made;
}

std::vector<std::string> lines_of(const trace_report& report) {
  std::vector<std::string> lines;
  for (const auto& event : report.above) lines.push_back(line_of(event, "above", 0));
  for (const auto& each : report.below) {
    const bool is_asked = &each == report.below.data();
    lines.push_back(line_of(each.event, is_asked ? "event" : "below", each.hidden));
  }
  return lines;
}

}  // namespace millrace::documents
