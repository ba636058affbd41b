#include "service/flow_rows.hpp"

#include <cmath>

#include "base/time_text.hpp"
#include "documents/flows.hpp"
#include "host/figures.hpp"

namespace millrace::service {
namespace {

using documents::dump;
using documents::json;

documents::standing standing_in(const parts& of, const std::vector<v1::FlowType>& types,
                                const flow_entry& flow) {
  documents::standing made{.hosted = of.known.table.find(flow.key.type()).has_value()};
  for (const auto& type : types) {
    if (type.name() == flow.key.type() && build_of(type) == flow.build) made.inert = type.inert();
  }
  return made;
}

json load_of(const std::optional<flow_load>& load) {
  if (!load) {
    return {{"in_memory", false}, {"waiting", nullptr},   {"handled", nullptr},   {"rate", nullptr},
            {"batches", nullptr}, {"batch_p50", nullptr}, {"batch_p95", nullptr}, {"full", nullptr},
            {"aged", nullptr},    {"dry", nullptr},       {"reading", nullptr}};
  }
  const auto& did = load->activity;
  return {{"in_memory", true},
          {"waiting", load->waiting},
          {"handled", did.handled},
          {"rate", std::round(did.rate * 100) / 100},
          {"batches", did.sizes.count},
          {"batch_p50", did.sizes.p50},
          {"batch_p95", did.sizes.p95},
          {"full", did.causes.full},
          {"aged", did.causes.aged},
          {"dry", did.causes.dry},
          {"reading", did.causes.reading}};
}

}  // namespace

json kind_of(const known_types& known, std::string_view flow_type) {
  const auto index = known.table.find(flow_type);
  if (!index) return nullptr;
  return known.table.types()[*index]->topic ? "topic" : "query";
}

result<void> flow_rows::begin_round(flow_board::moment now) {
  round_ = now;
  auto types = of_.view.stored.flow_types();
  if (!types) return types.error();
  types_ = std::move(*types);
  builds_ = build_list{types_};
  return {};
}

result<void> flow_rows::read(const std::vector<flow_number>& flows, flow_board& onto) {
  for (const auto number : flows) {
    auto row = of_.view.stored.find_flow(number);
    if (!row) return row.error();
    if (!*row || !builds_.is_running((*row)->entry)) {
      onto.forget(number, round_);
      known_.erase(number);
      continue;
    }
    auto& one = known_[number];
    if (auto done = read(**row, one); !done) return done;
    onto.see(one.place, text_of(one), round_);
  }
  return {};
}

/// What the store tells: the row itself and, if something waits, how much and since when.
result<void> flow_rows::read(const flow_row& row, known_flow& made) {
  const auto place = place_of(row);
  const bool is_new = made.document.empty();
  if (!is_new && made.place.status != place.status) made.since = of_.view.time.now();
  made.place = place;
  flow_backlog waits;
  if (is_unhandled(row.latest, row.checkpoint)) {
    auto counted = stored_backlog(of_.view.stored, row, *row.latest);
    if (!counted) return counted.error();
    waits = *counted;
  }
  flow_statistics oldest;
  oldest.oldest = waits.first;
  if (auto dated = date_oldest(of_.view.stored, oldest); !dated) return dated;
  made.document = documents::line_of(flow_view{.row = row, .stored = true, .status = place.status},
                                     standing_in(of_, types_, row.entry));
  const json more = {
      {"kind", kind_of(of_.known, row.entry.key.type())},
      {"lag", waits.count},
      {"oldest", documents::number_or_null(waits.first)},
      {"oldest_time", oldest.oldest_time ? json(to_text(*oldest.oldest_time)) : json(nullptr)}};
  made.document.back() = ',';
  made.document += dump(more).substr(1);
  return {};
}

void flow_rows::bring_in(const std::vector<flow_number>& flows, const engine_loads& loads,
                         flow_board& onto) {
  for (std::size_t i = 0; i < flows.size() && i < loads.flows.size(); ++i) {
    const auto found = known_.find(flows[i]);
    if (found == known_.end()) continue;
    found->second.load = loads.flows[i];
    onto.see(found->second.place, text_of(found->second), round_);
  }
}

void flow_rows::forget_others(const flow_board& shown) {
  std::erase_if(known_, [&](const auto& each) { return !shown.shows(each.first); });
}

std::string flow_rows::text_of(const known_flow& one) const {
  auto more = load_of(one.load);
  more["since"] = one.since ? json(to_text(*one.since)) : json(nullptr);
  auto text = one.document;
  text.back() = ',';
  return text + dump(more).substr(1);
}

}  // namespace millrace::service
