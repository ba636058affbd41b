#include "wire/broken_text.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "base/utf8.hpp"

namespace millrace {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
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

std::string find_broken_text(const Message& body, std::string_view encoded) {
  if (is_ascii(encoded)) return {};
  return find_in(body);
}

}  // namespace millrace
