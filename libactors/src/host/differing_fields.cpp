#include "host/differing_fields.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>

#include <map>

namespace millrace {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::UnknownFieldSet;

/// A message inside itself may be deep: below this its differences are told as one.
constexpr int depth_max = 8;

/// Bytes by field number.
std::map<int, std::string> by_number(const UnknownFieldSet& fields) {
  std::map<int, std::string> found;
  for (int i = 0; i < fields.field_count(); ++i) {
    UnknownFieldSet alone;
    alone.AddField(fields.field(i));
    alone.SerializeToString(&found[fields.field(i).number()]);
  }
  return found;
}

class walk {
 public:
  walk() {
    values_.set_treat_nan_as_equal(true);
    whole_.set_field_comparator(&values_);
  }

  void messages(const Message& one, const Message& other, const std::string& path, int depth) {
    const auto& type = *one.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      field(one, other, *type.field(i), path, depth);
    }
    unknown(one.GetReflection()->GetUnknownFields(one),
            other.GetReflection()->GetUnknownFields(other), path);
  }
  std::set<std::string> take() && { return std::move(found_); }

 private:
  void field(const Message& one, const Message& other, const FieldDescriptor& of,
             const std::string& path, int depth) {
    const auto here = path + of.name();
    if (!of.is_repeated()) {
      const bool has = one.GetReflection()->HasField(one, &of);
      if (has != other.GetReflection()->HasField(other, &of)) found_.insert(here);
      if (!has || found_.contains(here)) return;
    }
    const bool is_deep = of.message_type() != nullptr && !of.is_map() && depth < depth_max;
    if (is_deep && descend(one, other, of, here + '.', depth + 1)) return;
    if (!whole_.CompareWithFields(one, other, {&of}, {&of})) found_.insert(here);
  }

  /// False: the lists are of different lengths.
  bool descend(const Message& one, const Message& other, const FieldDescriptor& of,
               const std::string& path, int depth) {
    const auto& left = *one.GetReflection();
    const auto& right = *other.GetReflection();
    if (!of.is_repeated()) {
      messages(left.GetMessage(one, &of), right.GetMessage(other, &of), path, depth);
      return true;
    }
    const int size = left.FieldSize(one, &of);
    if (size != right.FieldSize(other, &of)) return false;
    for (int i = 0; i < size; ++i) {
      messages(left.GetRepeatedMessage(one, &of, i), right.GetRepeatedMessage(other, &of, i), path,
               depth);
    }
    return true;
  }

  void unknown(const UnknownFieldSet& one, const UnknownFieldSet& other, const std::string& path) {
    if (one.empty() && other.empty()) return;
    const auto left = by_number(one);
    const auto right = by_number(other);
    for (const auto& [number, bytes] : left) {
      const auto found = right.find(number);
      if (found == right.end() || found->second != bytes)
        found_.insert(path + std::to_string(number));
    }
    for (const auto& [number, bytes] : right) {
      if (!left.contains(number)) found_.insert(path + std::to_string(number));
    }
  }

  google::protobuf::util::DefaultFieldComparator values_;
  google::protobuf::util::MessageDifferencer whole_;
  std::set<std::string> found_;
};

}  // namespace

std::set<std::string> differing_fields(const Message& one, const Message& other) {
  walk over;
  over.messages(one, other, {}, 0);
  return std::move(over).take();
}

}  // namespace millrace
