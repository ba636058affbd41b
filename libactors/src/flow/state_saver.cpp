#include "flow/state_saver.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "base/limits.hpp"
#include "wire/broken_text.hpp"
#include "wire/json.hpp"

namespace millrace {

std::string encode_deterministic(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream{&bytes};
  google::protobuf::io::CodedOutputStream coded{&stream};
  coded.SetSerializationDeterministic(true);
  message.SerializePartialToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::optional<std::string> decode_state(std::string_view stored, bool is_json,
                                        google::protobuf::Message& state) {
  if (is_json) {
    const auto read = message_from_json(stored, state);
    if (read) return std::nullopt;
    return fmt::format("the imported state does not decode as {}: {}", state.GetTypeName(),
                       read.error().message);
  }
  if (state.ParseFromArray(stored.data(), static_cast<int>(stored.size()))) return std::nullopt;
  return fmt::format("the stored state does not decode as {}", state.GetTypeName());
}

void state_saver::loaded(std::string_view bytes) {
  remember(bytes);
  changed_ = false;
}

void state_saver::weigh(std::size_t weight) {
  weight_ += weight;
  since_measured_ += weight;
  encoded_.reset();
}

bool state_saver::is_due() const {
  return stored_size_ <= limits::small_state_max || weight_ >= stored_size_;
}

std::optional<std::string> state_saver::inspect(const google::protobuf::Message& state,
                                                bool closely) {
  if (!may_be_full() && !closely) return std::nullopt;
  measured_ = state.ByteSizeLong();
  since_measured_ = 0;
  if (measured_ > limits::state_size_max) {
    return fmt::format("the state takes {} bytes; the limit is {}", measured_,
                       limits::state_size_max);
  }
  if (!closely) return std::nullopt;
  encoded_ = encode_deterministic(state);
  const auto broken = find_broken_text(state, *encoded_);
  if (broken.empty()) return std::nullopt;
  return fmt::format("the state cannot be saved: {} is not valid UTF-8", broken);
}

std::string state_saver::save(const google::protobuf::Message* state) {
  std::string bytes;
  if (state != nullptr) bytes = encoded_ ? std::move(*encoded_) : encode_deterministic(*state);
  changed_ = !small_ || bytes != *small_;
  remember(bytes);
  return bytes;
}

void state_saver::remember(std::string_view bytes) {
  if (bytes.size() > limits::small_state_max) {
    small_.reset();
  } else if (!small_ || *small_ != bytes) {
    small_.emplace(bytes);
  }
  encoded_.reset();
  stored_size_ = measured_ = bytes.size();
  weight_ = since_measured_ = 0;
}

}  // namespace millrace
