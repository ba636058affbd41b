#include "dpkg-flows/import_ledger.hpp"

#include "dpkg-flows/log_line.hpp"
#include "dpkg-flows/logged_time.hpp"

namespace dpkg_flows {
namespace {

template <class E>
void record(ImportLedgerState& state, const E& line, const millrace::event& envelope) {
  auto& day = (*state.mutable_days())[day_of(line.logged_at())];
  if (day.lines() == 0) day.set_first(envelope.at.value);
  day.set_last(envelope.at.value);
  day.set_lines(day.lines() + 1);
  day.set_digest(day.digest() + digest_of(to_text(line)));
  state.set_lines(state.lines() + 1);
  if (line.logged_at().seconds() > state.logged_until().seconds()) {
    *state.mutable_logged_until() = line.logged_at();
  }
  state.set_complete(false);
}

}  // namespace

void import_ledger::given(const DpkgStarted& e, const millrace::event& env) {
  record(state, e, env);
}
void import_ledger::given(const PackageActionTaken& e, const millrace::event& env) {
  record(state, e, env);
}
void import_ledger::given(const PackageStatusChanged& e, const millrace::event& env) {
  record(state, e, env);
}
void import_ledger::given(const ConffileDecided& e, const millrace::event& env) {
  record(state, e, env);
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
