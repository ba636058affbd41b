#include "wire/utf8.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace millrace {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0;
}

bool in_range(std::uint8_t byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

/// Bytes of the character at the front; 0: not a character.
std::size_t character_size(std::string_view text) {
  const auto lead = byte_at(text, 0);
  if (lead < 0x80) return text.empty() ? 0 : 1;
  const auto second = byte_at(text, 1);
  if (in_range(lead, 0xC2, 0xDF)) return in_range(second, 0x80, 0xBF) ? 2 : 0;
  const bool third = in_range(byte_at(text, 2), 0x80, 0xBF);
  if (in_range(lead, 0xE0, 0xEF)) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return in_range(second, low, high) && third ? 3 : 0;
  }
  if (!in_range(lead, 0xF0, 0xF4)) return 0;
  const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
  return in_range(second, low, high) && third && in_range(byte_at(text, 3), 0x80, 0xBF) ? 4 : 0;
}

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string find_in(const Message& body);

std::string find_in_field(const Message& body, const FieldDescriptor& field) {
  const auto& reflect = *body.GetReflection();
  const bool text = field.type() == FieldDescriptor::TYPE_STRING;
  if (!text && field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return {};
  const int count = field.is_repeated() ? reflect.FieldSize(body, &field) : 1;
  std::string scratch;
  for (int i = 0; i < count; ++i) {
    if (text) {
      const auto& value = field.is_repeated()
                              ? reflect.GetRepeatedStringReference(body, &field, i, &scratch)
                              : reflect.GetStringReference(body, &field, &scratch);
      if (!is_utf8(value)) return field.full_name();
      continue;
    }
    auto found = find_in(field.is_repeated() ? reflect.GetRepeatedMessage(body, &field, i)
                                             : reflect.GetMessage(body, &field));
    if (!found.empty()) return found;
  }
  return {};
}

std::string find_in(const Message& body) {
  std::vector<const FieldDescriptor*> present;
  body.GetReflection()->ListFields(body, &present);
  for (const auto* field : present) {
    auto found = find_in_field(body, *field);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string to_utf8(std::string_view text, std::size_t size_max) {
  std::string valid;
  valid.reserve(std::min(text.size(), size_max));
  while (!text.empty()) {
    const auto size = character_size(text);
    const auto taken = std::max<std::size_t>(size, 1);
    if (valid.size() + taken > size_max) break;
    if (size == 0) {
      valid.push_back('?');
    } else {
      valid.append(text.substr(0, size));
    }
    text.remove_prefix(taken);
  }
  return valid;
}

std::string find_broken_text(const Message& body, std::string_view encoded) {
  if (is_ascii(encoded)) return {};
  return find_in(body);
}

}  // namespace millrace
