#include "host/importer.hpp"

#include <utility>

#include "host/host_parts.hpp"

namespace millrace {
namespace {

constexpr std::size_t under_way_max = 4;

std::uint32_t number_of(std::optional<exchange::format> shape) {
  if (!shape) return 0;
  return *shape == exchange::format::events ? import_format::events : import_format::kurrent;
}

/// Called in any case: with `closed` when the engine ends without an answer.
completion<void> surely(completion<void> answer) {
  struct promise {
    completion<void> kept;
    explicit promise(completion<void> what) : kept(std::move(what)) {}
    promise(const promise&) = delete;
    promise& operator=(const promise&) = delete;
    ~promise() {
      if (kept) kept(error{errc::closed, "the host ended before it answered"});
    }
  };
  return [made = std::make_shared<promise>(std::move(answer))](const result<void>& outcome) {
    if (const auto kept = std::exchange(made->kept, nullptr)) kept(outcome);
  };
}

}  // namespace

import_request request_of(std::unique_ptr<exchange::part> from) {
  const auto owner = std::shared_ptr<exchange::part>{std::move(from)};
  import_request made;
  made.events = std::move(owner->events);
  made.ids = std::move(owner->ids);
  made.scheduled = std::move(owner->scheduled);
  made.unscheduled = std::move(owner->unscheduled);
  made.flow_types = std::move(owner->flow_types);
  for (auto& each : owner->checkpoints) {
    imported_checkpoint read{std::move(each.flow), std::move(each.checkpoint),
                             std::string{each.state}};
    if (!read.checkpoint.done() && read.checkpoint.has_position()) {
      // When this life began is not known; it goes on from here.
      read.checkpoint.set_life(read.checkpoint.position());
      read.checkpoint.set_snapshot(read.checkpoint.position());
      read.checkpoint.set_state_json(!read.state.empty());
    } else if (read.checkpoint.has_position()) {
      read.checkpoint.add_ended(read.checkpoint.position());  // for looks into the past
    }
    made.checkpoints.push_back(std::move(read));
  }
  made.owner = owner;
  return made;
}

v1::Import new_import(const std::vector<v1::Import>& known, position tail) {
  v1::Import made;
  made.set_number(known.empty() ? 1 : known.back().number() + 1);
  made.set_begin(tail.value);
  made.set_end(tail.value);
  return made;
}

exchange::reading reading_of(const v1::Import& record, position tail) {
  exchange::reading from{.offset = record.offset(), .lines = record.lines(), .next = tail};
  if (record.format() == import_format::events) from.shape = exchange::format::events;
  if (record.format() == import_format::kurrent) from.shape = exchange::format::kurrent;
  return from;
}

importer::importer(host& over, const import_source& source, v1::Import record)
    : host_(over), record_(std::move(record)), print_(source.print()) {
  answers_->committed = record_;
}

void importer::submit(std::unique_ptr<exchange::part> next) {
  const std::string_view text{next->text.get(), next->text_size};
  print_.add(text, next->is_cut);
  const auto before = record_.offset();
  record_.set_format(number_of(next->after.shape));
  record_.set_offset(next->after.offset);
  record_.set_lines(next->after.lines);
  record_.set_events(record_.events() + next->events.size());
  record_.set_checkpoints(record_.checkpoints() + next->checkpoints.size());
  record_.set_ignored(record_.ignored() + next->ignored);
  record_.set_skipped(record_.skipped() + next->bad.size() -
                      (next->stops || next->is_torn ? 1 : 0));
  if (!next->events.empty()) record_.set_end(next->events.back().at.value + 1);
  print_.write_to(record_);
  if (record_.offset() == before) return;  // nothing but the line where it stops

  auto request = request_of(std::move(next));
  request.progress = record_;
  request.continues_at = before;
  request.done = surely([answers = answers_, record = record_](const result<void>& outcome) {
    const std::scoped_lock lock{answers->mutex};
    --answers->under_way;
    if (outcome) answers->committed = record;
    if (!outcome && !answers->failure) answers->failure = outcome.error();
    answers->changed.notify_all();
  });
  {
    const std::scoped_lock lock{answers_->mutex};
    ++answers_->under_way;
  }
  host_.inside().running->import(std::move(request));
}

void importer::wait_for_room(std::chrono::milliseconds limit) {
  std::unique_lock lock{answers_->mutex};
  answers_->changed.wait_for(lock, limit, [&] { return answers_->under_way < under_way_max; });
}

bool importer::has_room() const {
  const std::scoped_lock lock{answers_->mutex};
  return answers_->under_way < under_way_max;
}

void importer::finish() {
  std::unique_lock lock{answers_->mutex};
  answers_->changed.wait(lock, [&] { return answers_->under_way == 0; });
}

std::optional<error> importer::failure() const {
  const std::scoped_lock lock{answers_->mutex};
  return answers_->failure;
}

v1::Import importer::committed() const {
  const std::scoped_lock lock{answers_->mutex};
  return answers_->committed;
}

}  // namespace millrace
