#include "service/slice_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "documents/event.hpp"
#include "host/watching.hpp"
#include "service/gauges.hpp"
#include "service/query_state.hpp"

namespace millrace::service {
namespace {

using namespace std::chrono_literals;

constexpr auto busy_interval = 100ms;    // between two looks whether a large state may be read
constexpr auto routing_interval = 25ms;  // between two looks how far routing is

/// Takes rows until the slice is full or the credit is used up.
class event_slice {
 public:
  event_slice(const parts& of, std::uint64_t credit) : of_(of), credit_(credit) {}

  /// False: no further row; this one is not in it when it was blocked.
  bool take(const event_row& row, told_progress& told) {
    if (made.cost == credit_) {
      blocked = true;
      return false;
    }
    const auto event = documents::decode(of_.known.registry, row);
    made.messages.push_back(fmt::format("{{\"message\":\"event\",\"event\":{}}}",
                                        line_of(documents::head_of(event), event)));
    size_ += made.messages.back().size();
    ++made.cost;
    told.sent(row.at);
    return made.cost < limits::subscription_slice_events && size_ < limits::subscription_slice_size;
  }

  slice made;
  bool blocked = false;

 private:
  const parts& of_;
  std::uint64_t credit_;
  std::size_t size_ = 0;
};

class event_reader final : public slice_reader {
 public:
  event_reader(const parts& of, subscription_wish wanted)
      : of_(of),
        wanted_(std::move(wanted)),
        next_(wanted_.from.value_or(of.over.tail())),
        told_(next_) {}

  result<slice> read(std::uint64_t credit) override {
    const auto tail = std::max(of_.over.tail(), next_);
    event_slice events{of_, credit};
    const auto read = wanted_.flow ? read_inbox(events) : read_timeline(tail, events);
    if (!read) return read.error();
    auto made = std::move(events.made);
    const reached now{.next = next_, .tail = std::max(tail, next_), .blocked = events.blocked};
    const auto steady = of_.view.time.steady();
    for (auto& one : told_.at(now, steady)) made.messages.push_back(std::move(one));
    made.again = told_.due_in(now, steady);
    if (wanted_.flow && next_ < tail && !events.blocked) made.again = routing_interval;
    made.goes_on = goes_on_;
    return made;
  }

 private:
  result<void> read_timeline(position tail, event_slice& into) {
    std::size_t seen = 0;
    auto end = tail;
    auto read = of_.view.stored.scan(next_, tail, [&](const event_row& row) {
      const bool wanted = wanted_.wants(row.type);
      const bool more = !wanted || into.take(row, told_);
      if (more && ++seen < limits::subscription_scan_max) return true;
      end = into.blocked ? row.at : row.at.next();
      return false;
    });
    if (!read) return read;
    next_ = end;
    goes_on_ = next_ < tail && !into.blocked;
    return {};
  }

  result<void> read_inbox(event_slice& into) {
    goes_on_ = false;
    auto inbox = written_inbox(of_.over, *wanted_.flow);
    if (!inbox) return inbox.error();
    if (!inbox->flow) {
      next_ = std::max(next_, inbox->routed);
      return {};
    }
    const auto after = next_.value == 0 ? std::nullopt : std::optional{position{next_.value - 1}};
    auto entries = of_.view.stored.postings(*inbox->flow, after, limits::subscription_slice_events);
    if (!entries) return entries.error();
    std::vector<position> places;
    for (const auto& one : *entries) places.push_back(one.at);
    bool cut = false;
    auto read = of_.view.stored.fetch(places, [&](const event_row& row) {
      cut = !into.take(row, told_);
      next_ = into.blocked ? row.at : row.at.next();
      return !cut;
    });
    if (!read) return read;
    goes_on_ = !into.blocked && (cut || places.size() == limits::subscription_slice_events);
    if (!cut && !goes_on_) next_ = std::max(next_, inbox->routed);
    return {};
  }

  const parts& of_;
  subscription_wish wanted_;
  position next_;
  told_progress told_;
  bool goes_on_ = false;
};

class state_reader final : public slice_reader {
 public:
  state_reader(const parts& of, const flow_type& type, subscription_wish wanted)
      : of_(of), type_(type), key_(*wanted.query), known_(std::move(wanted.etag)) {}

  result<slice> read(std::uint64_t credit) override {
    const auto steady = of_.view.time.steady();
    if (read_at_ && steady - *read_at_ < limits::state_interval) {
      return after(*read_at_ + limits::state_interval - steady);
    }
    // A large state is not read before it is this one's turn to make it into JSON.
    auto turn = of_.large.take(is_large_ ? SIZE_MAX : 0);
    if (!turn) return after(busy_interval);
    read_at_ = steady;
    of_.measured.count_read();
    const auto tail = of_.over.tail();
    auto read = of_.over.read(key_);
    auto made = read                                   ? state(*read, credit)
                : read.error().code == errc::not_found ? gone(tail, credit)
                                                       : result<slice>{read.error()};
    // What concerns a query's type as a whole, such as a switch, is no commit of its own.
    if (made && !made->again) made->again = limits::position_interval;
    return made;
  }

 private:
  static slice after(duration wait) {
    slice later;
    later.again = wait;
    return later;
  }

  result<slice> state(const raw_reading& read, std::uint64_t credit) {
    slice made;
    const auto tag = etag_of(read);
    const auto scanned = read.scanned ? std::to_string(read.scanned->value) : "null";
    if (tag == known_) {
      const bool due = !said_ || *read_at_ - *said_ >= limits::position_interval;
      if (due && read.scanned && read.scanned->next() > told_) {
        said_ = read_at_;
        made.messages.push_back(fmt::format("{{\"message\":\"position\",\"position\":{}}}",
                                            read.scanned->next().value));
        told_ = read.scanned->next();
      }
      return made;
    }
    if (credit == 0) return made;
    const bool was_large = std::exchange(is_large_, read.state.size() > limits::large_state_size);
    if (is_large_ && !was_large) return after(duration{0});  // its turn has to be waited for
    auto text = state_of(type_, key_, read);
    if (!text) return text.error();
    made.messages.push_back(fmt::format(
        "{{\"message\":\"state\",\"query\":{},\"etag\":{},\"changed\":{},\"scanned\":{},"
        "\"frozen\":{},\"state\":{}}}",
        documents::dump(key_.text()), documents::dump(tag),
        read.changed ? std::to_string(read.changed->value) : "null", scanned, read.frozen, *text));
    made.cost = 1;
    known_ = tag;
    if (read.scanned) told_ = read.scanned->next();
    return made;
  }

  result<slice> gone(position at, std::uint64_t credit) {
    slice made;
    if (credit == 0 || known_ == nobody) return made;
    made.messages.push_back(fmt::format("{{\"message\":\"gone\",\"query\":{},\"position\":{}}}",
                                        documents::dump(key_.text()), at.value));
    made.cost = 1;
    known_ = nobody;
    return made;
  }

  static constexpr const char* nobody = "none";  // no tag: those are in quotes

  const parts& of_;
  const flow_type& type_;
  flow_key key_;
  std::string known_;
  position told_;
  bool is_large_ = false;  // its state, when it was read last
  std::optional<timestamp> read_at_;
  std::optional<timestamp> said_;  // where it is
};

}  // namespace

std::unique_ptr<slice_reader> read_events(const parts& of, subscription_wish wanted) {
  return std::make_unique<event_reader>(of, std::move(wanted));
}

result<std::unique_ptr<slice_reader>> read_states(const parts& of, subscription_wish wanted) {
  auto type = query_named(of.known, wanted.query->type());
  if (!type) return type.error();
  return std::unique_ptr<slice_reader>{
      std::make_unique<state_reader>(of, **type, std::move(wanted))};
}

}  // namespace millrace::service
