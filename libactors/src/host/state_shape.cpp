#include "host/state_shape.hpp"

#include <google/protobuf/arena.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/text_format.h>

#include <algorithm>

#include "flow/state_saver.hpp"
#include "host/differing_fields.hpp"
#include "wire/fingerprint.hpp"
#include "wire/json.hpp"

namespace millrace {
namespace {

constexpr std::size_t shown_size_max = 65'536;

bool can_read(const google::protobuf::Message* newest,
              std::array<std::string_view, 2> fingerprints) {
  if (newest == nullptr) return false;
  const auto present = fingerprint(*newest->GetDescriptor());
  return std::none_of(fingerprints.begin(), fingerprints.end(), [&](std::string_view stored) {
    return incompatible_field(stored, present).has_value();
  });
}

}  // namespace

/// To a message without fields all are unknown ones, which have numbers.
state_shape::state_shape(const google::protobuf::Message* newest,
                         std::array<std::string_view, 2> fingerprints)
    : by_number_(!can_read(newest, fingerprints)),
      prototype_(by_number_ ? google::protobuf::Empty::default_instance() : *newest) {}

result<void> state_shape::read(const stored& one, google::protobuf::Message& into) const {
  if (by_number_ && one.is_json) {
    return error{errc::undecodable,
                 "a state is JSON text of an import, and this program does not have its message"};
  }
  const auto wrong = decode_state(one.bytes, one.is_json, into);
  if (!wrong) return {};
  return error{errc::undecodable, by_number_ ? "a stored state is no message" : *wrong};
}

result<std::vector<std::string>> state_shape::compare(const stored& one,
                                                      const stored& other) const {
  if (one.bytes == other.bytes && one.is_json == other.is_json) return std::vector<std::string>{};
  google::protobuf::Arena arena;
  auto* left = prototype_.New(&arena);
  auto* right = prototype_.New(&arena);
  if (auto done = read(one, *left); !done) return done.error();
  if (auto done = read(other, *right); !done) return done.error();
  const auto fields = differing_fields(*left, *right);
  return std::vector<std::string>{fields.begin(), fields.end()};
}

std::optional<std::string> state_shape::shown(const stored& one) const {
  if (one.bytes.size() > shown_size_max) return std::nullopt;
  if (by_number_ && one.is_json) return std::string{one.bytes};
  google::protobuf::Arena arena;
  auto* state = prototype_.New(&arena);
  if (!read(one, *state)) return std::nullopt;
  std::string text;
  if (by_number_) {
    google::protobuf::TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    printer.PrintToString(*state, &text);
    if (text.ends_with(' ')) text.pop_back();
  } else {
    text = message_to_json(*state);
  }
  const bool is_said = by_number_ || !text.empty();
  return is_said && text.size() <= shown_size_max ? std::optional{text} : std::nullopt;
}

}  // namespace millrace
