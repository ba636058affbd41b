#include "dpkg-flows/import_ledger.hpp"

#include <variant>

#include "dpkg-flows/logged_time.hpp"

namespace dpkg_flows {
namespace {

template <class E>
void record_line(ImportLedgerState& state, const E& line, millrace::position at) {
  auto& day = (*state.mutable_days())[day_of(line.logged_at())];
  if (day.lines() == 0) day.set_first(at.value);
  day.set_last(at.value);
  day.set_lines(day.lines() + 1);
  day.set_digest(day.digest() + digest_of(to_text(line)));
  state.set_lines(state.lines() + 1);
  if (!state.has_logged_until() || line.logged_at().seconds() > state.logged_until().seconds()) {
    *state.mutable_logged_until() = line.logged_at();
  }
  state.set_complete(false);
  state.set_last(at.value);
}

}  // namespace

void record(ImportLedgerState& state, const log_line& line, millrace::position at) {
  std::visit([&](const auto& one) { record_line(state, one, at); }, line);
}

void record(ImportLedgerState& state, const LogImported&, millrace::position at) {
  state.set_complete(true);
  state.set_last(at.value);
}

void import_ledger::given(const DpkgStarted& e, const millrace::event& env) {
  record_line(state, e, env.at);
}
void import_ledger::given(const PackageActionTaken& e, const millrace::event& env) {
  record_line(state, e, env.at);
}
void import_ledger::given(const PackageStatusChanged& e, const millrace::event& env) {
  record_line(state, e, env.at);
}
void import_ledger::given(const ConffileDecided& e, const millrace::event& env) {
  record_line(state, e, env.at);
}
void import_ledger::given(const LogImported& e, const millrace::event& env) {
  record(state, e, env.at);
}

std::uint64_t digest_of(std::string_view line) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  // Sums of plain FNV values would cancel each other out too easily; this mixes all bits.
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

}  // namespace dpkg_flows
