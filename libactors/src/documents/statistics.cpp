#include "documents/statistics.hpp"

#include "base/time_text.hpp"

namespace millrace::documents {
namespace {

json seconds_or_null(std::optional<duration> span) {
  return span ? json(std::chrono::duration<double>{*span}.count()) : json(nullptr);
}

json activity_of(const flow_activity& of) {
  json sizes = json::array();
  for (std::size_t place = 0; place < of.sizes.counts.size(); ++place) {
    if (of.sizes.counts[place] == 0) continue;
    sizes.push_back({{"up_to", batch_sizes::largest(place)}, {"batches", of.sizes.counts[place]}});
  }
  return {{"handled", of.handled},           {"batches", of.sizes.count()},
          {"batch_sizes", std::move(sizes)}, {"full", of.causes.full},
          {"aged", of.causes.aged},          {"dry", of.causes.dry},
          {"reading", of.causes.reading},    {"rate", of.rate}};
}

}  // namespace

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
               {"last_error", std::move(last)}};
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
