#include "service/flow_board.hpp"

#include <algorithm>
#include <iterator>

#include "base/invariant.hpp"

namespace millrace::service {
namespace {

constexpr std::size_t remembered_max = 2 * limits::view_flows_max;

int rank_of(flow_status status) {
  switch (status) {
    case flow_status::stopped: return 0;
    case flow_status::pending: return 1;
    case flow_status::idle: return 2;
  }
  return 2;
}

}  // namespace

flow_place place_of(const flow_row& row) {
  const auto& checkpoint = row.checkpoint;
  const auto handled = checkpoint.has_position() ? checkpoint.position() + 1 : 0;
  const auto routed = row.latest ? row.latest->value + 1 : 0;
  return {row.entry.number, row.entry.key, status_of(checkpoint, row.latest),
          std::max(handled, routed)};
}

bool fits(const view_wish& wanted, const flow_place& one) {
  if (!wanted.type.empty() && wanted.type != one.key.type()) return false;
  if (wanted.status && *wanted.status != one.status) return false;
  return wanted.contains.empty() || one.key.text().find(wanted.contains) != std::string::npos;
}

importance importance_of(const flow_place& one) {
  return {rank_of(one.status), ~one.active, one.number};
}

void most_important::see(const flow_place& one) {
  if (!fits(wanted_, one)) return;
  flows_.insert(importance_of(one));
  if (flows_.size() > wanted_.limit) flows_.erase(std::prev(flows_.end()));
}

void flow_board::add(const view_wish& view) { ++views_[view].clients; }

void flow_board::remove(const view_wish& view) {
  const auto found = views_.find(view);
  MILLRACE_INVARIANT(found != views_.end());
  if (--found->second.clients > 0) return;
  const auto members = std::move(found->second.members);
  views_.erase(found);
  for (const auto& [number, one] : members) {
    --rows_.at(number).views;
    drop_unseen(number);
  }
}

std::vector<view_wish> flow_board::views() const {
  std::vector<view_wish> made;
  made.reserve(views_.size());
  for (const auto& [wanted, one] : views_) made.push_back(wanted);
  return made;
}

void flow_board::see(const flow_place& one, std::string text, moment now) {
  auto& row = rows_[one.number];
  if (row.text != text) {
    row.text = std::move(text);
    row.changed = now;
  }
  row.key = one.key.text();
  for (auto& [wanted, view] : views_) {
    if (fits(wanted, one)) {
      enter(view, wanted, one, now);
    } else {
      leave(view, one.number, now);
    }
  }
  drop_unseen(one.number);
}

void flow_board::forget(flow_number one, moment now) {
  if (!shows(one)) return;
  for (auto& [wanted, view] : views_) leave(view, one, now);
  drop_unseen(one);
}

std::vector<flow_number> flow_board::shown() const {
  std::vector<flow_number> made;
  made.reserve(rows_.size());
  for (const auto& [number, row] : rows_) made.push_back(number);
  return made;
}

void flow_board::enter(kept_view& to, const view_wish& wanted, const flow_place& one, moment now) {
  const auto order = importance_of(one);
  const auto [member, fresh] = to.members.try_emplace(one.number, membership{order, now});
  if (fresh) {
    ++rows_.at(one.number).views;
  } else {
    to.by_importance.erase(member->second.order);
    member->second.order = order;
  }
  to.by_importance.insert(order);
  if (to.by_importance.size() <= wanted.limit) return;
  const auto least = std::get<flow_number>(*std::prev(to.by_importance.end()));
  leave(to, least, now);
  if (least != one.number) drop_unseen(least);  // that one is not done with yet
}

void flow_board::leave(kept_view& from, flow_number one, moment now) {
  const auto found = from.members.find(one);
  if (found == from.members.end()) return;
  from.by_importance.erase(found->second.order);
  from.members.erase(found);
  auto& row = rows_.at(one);
  --row.views;
  from.gone.push_back({now, one, row.key});
  if (from.gone.size() <= remembered_max) return;
  from.remembers_after = from.gone.front().at;
  from.gone.pop_front();
}

void flow_board::drop_unseen(flow_number one) {
  const auto found = rows_.find(one);
  if (found != rows_.end() && found->second.views == 0) rows_.erase(found);
}

std::vector<const std::string*> flow_board::all(const view_wish& view) const {
  std::vector<const std::string*> made;
  for (const auto& [number, one] : views_.at(view).members) {
    made.push_back(&rows_.at(number).text);
  }
  return made;
}

std::optional<flow_board::changes> flow_board::since(const view_wish& view, moment last) const {
  const auto& of = views_.at(view);
  if (last < of.remembers_after) return std::nullopt;
  changes made;
  for (const auto& [number, one] : of.members) {
    const auto& row = rows_.at(number);
    if (one.entered > last || row.changed > last) made.rows.push_back(&row.text);
  }
  std::set<flow_number> told;
  for (auto each = of.gone.rbegin(); each != of.gone.rend() && each->at > last; ++each) {
    const bool is_back = of.members.contains(each->number);
    if (!is_back && told.insert(each->number).second) made.gone.push_back(each->key);
  }
  return made;
}

}  // namespace millrace::service
