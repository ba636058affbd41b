#include "documents/statistics.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/time_text.hpp"
#include "documents/text.hpp"

namespace millrace::documents {
namespace {

json seconds_or_null(std::optional<duration> span) {
  return span ? json(std::chrono::duration<double>{*span}.count()) : json(nullptr);
}

json activity_of(const flow_activity& of) {
  const auto or_null = [&](std::uint64_t size) { return size == 0 ? json(nullptr) : json(size); };
  return {{"handled", of.handled},
          {"batches", of.sizes.count},
          {"batch_p50", or_null(of.sizes.p50)},
          {"batch_p95", or_null(of.sizes.p95)},
          {"batch_p99", or_null(of.sizes.p99)},
          {"full", of.causes.full},
          {"aged", of.causes.aged},
          {"dry", of.causes.dry},
          {"reading", of.causes.reading},
          {"rate", of.rate}};
}

}  // namespace

std::string in_words(const build_progress& of) {
  return fmt::format(
      "version {} (build {}) has been given {} of {} positions ({:.0f} %), {} {} left", of.version,
      of.build, grouped(of.routed.value), grouped(of.tail.value), std::floor(of.percent()),
      grouped(of.left()), of.left() == 1 ? "is" : "are");
}

json json_of(const std::optional<build_progress>& of) {
  if (!of) return nullptr;
  return {{"build", of->build},     {"version", of->version}, {"routed", of->routed.value},
          {"tail", of->tail.value}, {"left", of->left()},     {"percent", of->percent()},
          {"served", of->served}};
}

json json_of(const flow_statistics& of, timestamp now, bool with_activity) {
  json last = nullptr;
  if (of.last_error) {
    last = {{"flow", of.last_error->flow},
            {"position", of.last_error->at.value},
            {"message", of.last_error->message},
            {"skipped", of.last_error->skipped}};
  }
  json line = {{"name", of.name.empty() ? json(nullptr) : json(of.name)},
               {"flows", of.flows},
               {"pending", of.pending},
               {"stopped", of.stopped},
               {"checkpoint", number_or_null(of.checkpoint)},
               {"latest", number_or_null(of.latest)},
               {"lag", of.lag},
               {"oldest", number_or_null(of.oldest)},
               {"oldest_time", of.oldest_time ? json(to_text(*of.oldest_time)) : json(nullptr)},
               {"oldest_age", seconds_or_null(of.oldest_age(now))},
               {"state_bytes", of.state_size},
               {"last_error", std::move(last)},
               {"back_fill", json_of(of.back_fill)}};
  if (with_activity) {
    line.update(activity_of(of.activity));
    line["seconds_to_catch_up"] = seconds_or_null(of.to_catch_up());
  }
  return line;
}

json json_of(const host_statistics& of) {
  json all = json::array();
  for (const auto& type : of.types) all.push_back(json_of(type, of.at, true));
  all.push_back(json_of(of.all, of.at, true));
  return all;
}

}  // namespace millrace::documents
