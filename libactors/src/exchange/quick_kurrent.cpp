#include "exchange/quick_kurrent.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "exchange/kurrent_envelope.hpp"
#include "exchange/members.hpp"

namespace millrace::exchange {

namespace {

// Members of a line, and of its metadata: what was seen of it. One that repeats is not usual.
constexpr unsigned stream_seen = 1u << 0, position_seen = 1u << 1, type_seen = 1u << 2,
                   time_seen = 1u << 3, data_seen = 1u << 4, metadata_seen = 1u << 5,
                   types_seen = 1u << 6, ids_seen = 1u << 7, cause_seen = 1u << 8,
                   schedule_seen = 1u << 9;
constexpr unsigned needed = stream_seen | position_seen | type_seen | time_seen;

/// Compared in place, as its size is known.
template <std::size_t Size>
bool is(std::string_view name, const char (&wanted)[Size]) {
  return name.size() == Size - 1 && std::memcmp(name.data(), wanted, Size - 1) == 0;
}

bool is_flow_type(std::string_view name) { return !name.empty() && name.find('|') == name.npos; }

}  // namespace

bool quick_kurrent::read(std::string_view line, std::string_view rest, position next, part& into,
                         named_types& types) {
  if (!marks_.enter(line, rest)) return false;
  begin_line();
  if (!read_members() || !marks_.at_end() || !is_whole(next) || !finish_keys()) return false;
  const std::span keys{keys_.data(), key_count_};
  row_.envelope = encode_envelope({.cause = cause_}, keys, into.arena);
  into.events.push_back(row_);
  for (std::size_t i = 0; i < type_count_; ++i) {
    if (types_[i].is_reached) types.add_type(types_[i].name, into);
  }
  return true;
}

void quick_kurrent::begin_line() {
  row_ = {};
  row_.payload = "null";
  cause_.reset();
  seen_ = 0;
  type_count_ = text_size_ = key_count_ = 0;
}

/// The limits of an event hold for a line that marks were made of.
bool quick_kurrent::is_whole(position next) const {
  static_assert(limits::event_size_max > json_marks::covered_size_max + texts_max + 1024);
  return (seen_ & needed) == needed && row_.at >= next &&
         row_.at.value <= limits::imported_position_max && (!cause_ || *cause_ < row_.at);
}

bool quick_kurrent::first_of(unsigned what) {
  const bool is_first = (seen_ & what) == 0;
  seen_ |= what;
  return is_first;
}

bool quick_kurrent::take_number(std::uint64_t& into) {
  std::string_view digits;
  if (!marks_.take_digits(digits)) return false;
  std::from_chars(digits.data(), digits.data() + digits.size(), into);
  return into <= limits::position_max;
}

bool quick_kurrent::read_members() {
  if (!marks_.take('{')) return false;
  do {
    std::string_view name;
    if (!marks_.take_text(name) || !marks_.take(':') || !read_member(name)) return false;
  } while (marks_.take(','));
  return marks_.take('}');
}

bool quick_kurrent::read_member(std::string_view name) {
  std::string_view text;
  if (is(name, "stream")) {
    return first_of(stream_seen) && marks_.take_text(text) && text == timeline_stream;
  }
  if (is(name, "position")) return first_of(position_seen) && take_number(row_.at.value);
  if (is(name, "type")) {
    return first_of(type_seen) && marks_.take_text(row_.type) && !row_.type.empty() &&
           !is_own_type(row_.type) && row_.type.size() <= limits::type_name_size_max;
  }
  if (is(name, "time")) {
    if (!first_of(time_seen) || !marks_.take_text(text)) return false;
    const auto time = parse_time(text);
    if (time) row_.time = *time;
    return time.has_value();
  }
  if (is(name, "data")) return first_of(data_seen) && marks_.take_value(row_.payload);
  if (is(name, "metadata")) return first_of(metadata_seen) && (take_null() || read_metadata());
  return marks_.take_value(text);
}

bool quick_kurrent::read_metadata() {
  if (!marks_.take('{')) return false;
  if (marks_.take('}')) return true;
  do {
    std::string_view name;
    if (!marks_.take_text(name) || !marks_.take(':') || !read_metadatum(name)) return false;
  } while (marks_.take(','));
  return marks_.take('}');
}

bool quick_kurrent::read_metadatum(std::string_view name) {
  if (is(name, "routeTypes")) return first_of(types_seen) && (take_null() || read_types());
  if (is(name, "routeIds")) {
    // They name types by their place, which has to be known.
    return first_of(ids_seen) && (take_null() || ((seen_ & types_seen) != 0 && read_ids()));
  }
  if (is(name, "cause")) {
    std::uint64_t cause = 0;
    if (!first_of(cause_seen)) return false;
    if (take_null()) return true;
    if (!take_number(cause)) return false;
    cause_ = position{cause};
    return true;
  }
  if (is(name, "whenOccurs")) return first_of(schedule_seen) && take_null();
  if (is(name, "fromSchedule")) return marks_.take_literal("false") || take_null();
  std::string_view passed_over;
  return marks_.take_value(passed_over);
}

/// `[…,…]`
template <class Element>
bool quick_kurrent::read_elements(Element read) {
  if (!marks_.take('[')) return false;
  if (marks_.take(']')) return true;
  do {
    if (!read()) return false;
  } while (marks_.take(','));
  return marks_.take(']');
}

/// `["ByItem","Everything"]`
bool quick_kurrent::read_types() {
  return read_elements([this] {
    if (type_count_ == types_max) return false;
    auto& type = types_[type_count_++];
    type = {};
    return marks_.take_text(type.name) && is_flow_type(type.name);
  });
}

bool quick_kurrent::read_ids() {
  return read_elements([this] { return read_ids_of_type(); });
}

/// `{"type":0,"ids":["a",1]}`
bool quick_kurrent::read_ids_of_type() {
  const auto take_name = [this](std::string_view wanted) {
    std::string_view name;
    return marks_.take_text(name) && name == wanted && marks_.take(':');
  };
  std::uint64_t place = 0;
  if (!marks_.take('{') || !take_name("type") || !take_number(place)) return false;
  if (place >= type_count_ || !marks_.take(',') || !take_name("ids")) return false;
  auto& type = types_[place];
  type.is_multiple = true;
  const bool read = read_elements([&] {
    std::string_view id;
    return (marks_.take_text(id) || marks_.take_digits(id)) && add_key(type, &id);
  });
  return read && marks_.take('}');
}

bool quick_kurrent::add_key(route_type& type, const std::string_view* id) {
  const auto size = type.name.size() + (id != nullptr ? 1 + id->size() : 0);
  const bool fits = key_count_ < keys_max && text_size_ + size <= texts_max;
  if (!fits || size > limits::flow_key_size_max) return false;
  char* const begin = texts_.data() + text_size_;
  char* end = begin + type.name.copy(begin, type.name.size());
  if (id != nullptr) {
    *end++ = '|';
    id->copy(end, id->size());
  }
  text_size_ += size;
  keys_[key_count_++] = {begin, size};
  type.is_reached = true;
  return true;
}

/// Each once, in byte order. False: a type is named twice, perhaps in two ways.
bool quick_kurrent::finish_keys() {
  for (std::size_t i = 0; i < type_count_; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (types_[i].name == types_[j].name) return false;
    }
    if (!types_[i].is_multiple && !add_key(types_[i], nullptr)) return false;
  }
  const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(key_count_);
  std::sort(keys_.begin(), end);
  key_count_ = static_cast<std::size_t>(std::unique(keys_.begin(), end) - keys_.begin());
  return true;
}

}  // namespace millrace::exchange
