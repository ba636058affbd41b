#include "wire/fingerprint.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace millrace {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

void describe(const Descriptor& message, const std::string& path,
              std::set<const Descriptor*>& above, std::string& into) {
  if (!above.insert(&message).second) return;  // a message inside itself: described once
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const auto here = path + std::to_string(field.number());
    into += fmt::format("{}={}/{}\n", here, static_cast<int>(field.type()),
                        static_cast<int>(field.label()));
    if (field.message_type() != nullptr) describe(*field.message_type(), here + '.', above, into);
  }
  above.erase(&message);
}

std::map<std::string_view, std::string_view> lines(std::string_view text) {
  std::map<std::string_view, std::string_view> found;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const auto equals = line.find('=');
    if (equals != std::string_view::npos) found[line.substr(0, equals)] = line.substr(equals + 1);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return found;
}

}  // namespace

std::string fingerprint(const Descriptor& message) {
  std::string text;
  std::set<const Descriptor*> above;
  describe(message, "", above, text);
  return text;
}

std::optional<std::string> incompatible_field(std::string_view stored, std::string_view present) {
  const auto now = lines(present);
  for (const auto& [path, kind] : lines(stored)) {
    const auto found = now.find(path);
    if (found != now.end() && found->second != kind) return std::string{path};
  }
  return std::nullopt;
}

}  // namespace millrace
