#include "cli/import_by_daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/daemon.hpp"
#include "documents/imported.hpp"
#include "documents/text.hpp"
#include "host/import_job.hpp"
#include "service/server.hpp"
#include "service/socket_name.hpp"
#include "service/url.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;
using service::body_piece;
using kind = body_piece::kind;

constexpr auto look_interval = 500ms;
constexpr auto answer_max = 1h;  // what was sent last has to be committed

/// What the daemon knows of sources. None: nobody serves the store.
result<std::optional<std::vector<v1::Import>>> known_imports(const context& in) {
  std::vector<v1::Import> all;
  std::uint64_t after = 0;
  for (;;) {
    auto answer = answer_of_daemon(in, {.target = "/v1/imports",
                                        .arguments = {{"after", std::to_string(after)}},
                                        .method = "GET"});
    if (!answer) return answer.error();
    if (!*answer) return std::optional<std::vector<v1::Import>>{};
    const auto page = json::parse(**answer);
    for (const auto& shown : page["imports"]) {
      auto one = documents::import_of(shown);
      if (!one) return one.error();
      after = one->number();
      all.push_back(std::move(*one));
    }
    if (page["next"].is_null()) return std::optional{std::move(all)};
  }
}

/// The body, and meanwhile what the daemon says of it.
class sender {
 public:
  sender(const context& in, const import_options& options, import_source& source,
         const interrupts& stop)
      : in_(in), options_(options), source_(source), stop_(stop), bar_(in.long_work("importing")) {}

  /// Of a file, so much is imported already.
  void begin_at(std::uint64_t offset) { begin_ = offset; }
  result<service::response> send(const service::request& wanted) {
    auto answer = service::upload(
        service::socket_of(in_.store), wanted, [this](std::span<char> room) { return next(room); },
        answer_max);
    bar_.wipe();
    return answer;
  }
  outcome tell_end(const result<service::response>& answer);

 private:
  body_piece next(std::span<char> room);
  [[nodiscard]] body_piece nothing_yet(int more) const;
  body_piece at_end();
  void look();
  void show_bad_lines(const json& of);

  const context& in_;
  const import_options& options_;
  import_source& source_;
  const interrupts& stop_;
  progress bar_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::size_t bad_shown_ = 0;
  std::uint64_t begin_ = 0;  // of a file: so much of it was there before
  bool ended_ = false;       // the body
  std::optional<error> failure_;
};

body_piece sender::next(std::span<char> room) {
  look();
  const bool stopped = stop_.arrived();
  if (stopped && (!options_.follow || (ended_ && !room.empty()))) return {kind::broken};
  if (room.empty()) return nothing_yet(-1);
  if (stopped) {
    ended_ = true;
    return {kind::end};
  }
  auto got = source_.read(room, [this] { return stop_.arrived(); });
  if (!got) failure_ = got.error();
  if (failure_) return {kind::broken};
  if (got->how == import_source::state::at_end) return at_end();
  if (got->how != import_source::state::bytes) return nothing_yet(source_.news());
  return {kind::bytes, got->size};
}

/// A signal that has arrived is no news any more.
body_piece sender::nothing_yet(int more) const {
  return {kind::nothing_yet, 0, {more, stop_.arrived() ? -1 : stop_.descriptor()}};
}

body_piece sender::at_end() {
  if (!options_.follow || !source_.can_grow()) {
    ended_ = true;
    return {kind::end};
  }
  auto there = source_.is_still_there();
  if (there) return nothing_yet(source_.news());
  failure_ = there.error();
  return {kind::end};  // what was read of it counts
}

/// How far the daemon is; what it cannot say now it says at the end.
void sender::look() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < look_interval) return;
  looked_ = now;
  auto answer = ask_again(in_, {.target = "/v1/imports/current", .method = "GET"});
  const auto standing = answer ? json::parse(*answer, nullptr, false) : json{};
  if (!standing.is_object() || !standing.contains("events")) return;
  show_bad_lines(standing);
  const auto events = standing["events"].get<std::uint64_t>();
  const auto bytes = standing["bytes"].get<std::uint64_t>();
  const auto size = options_.follow ? std::nullopt : source_.size();
  const double whole = bytes == 0 || !size
                           ? 0.0
                           : static_cast<double>(events) * static_cast<double>(*size - begin_) /
                                 static_cast<double>(bytes);
  bar_.tell(events, std::max(events, static_cast<std::uint64_t>(whole)));
}

void sender::show_bad_lines(const json& of) {
  const auto& bad = of["bad"];
  for (; bad_shown_ < bad.size(); ++bad_shown_) {
    bar_.wipe();
    in_.warn(fmt::format("line {}: {}; skipped", bad[bad_shown_]["line"].get<std::uint64_t>(),
                         bad[bad_shown_]["why"].get<std::string>()));
  }
}

outcome sender::tell_end(const result<service::response>& answer) {
  if (failure_) return *failure_;
  if (!answer && stop_.arrived()) {
    return error{errc::closed, "interrupted; import it again to go on from there"};
  }
  if (!answer) {
    return error{answer.error().code,
                 answer.error().message + "; import it again to go on from where it is"};
  }
  const auto said = json::parse(answer->body, nullptr, false);
  if (answer->status >= 300) {
    if (said.is_object() && said.contains("import")) show_bad_lines(said["import"]);
    return error_of_daemon(answer->status, answer->body);
  }
  show_bad_lines(said);
  const auto skipped = said["skipped"].get<std::uint64_t>();
  if (skipped > said["bad"].size()) {
    in_.warn(fmt::format("and {} more bad lines", skipped - said["bad"].size()));
  }
  in_.json ? in_.out.json(answer->body) : in_.out.line(documents::imported_in_words(said));
  return exit_code::done;
}

}  // namespace

outcome import_by_daemon(const context& in, const error& why, const import_options& options,
                         import_source& source, const interrupts& stop) {
  if (why.code != errc::in_use) return why;
  auto known = known_imports(in);
  if (!known) return known.error();
  if (!*known) return why;
  service::request wanted{.method = "POST", .target = "/v1/imports", .header = {}, .body = {}};
  wanted.target += fmt::format("?skip_bad={}&follow={}", options.skip_bad, options.follow);
  if (options.shape) wanted.target += fmt::format("&format={}", name_of(options.shape));
  wanted.header.emplace_back("content-type", "application/x-ndjson");
  sender to{in, options, source, stop};
  // A pipe gives its bytes once, and the daemon knows it by them.
  if (source.size()) {
    auto found = source.recognise(**known, [&stop] { return stop.arrived(); });
    if (!found) return found.error();
    wanted.target += fmt::format("&continues={}", *found ? (*found)->number() : 0);
    if (*found) {
      source.step_back((*found)->recent_size());
      to.begin_at((*found)->offset());
    }
  }
  return to.tell_end(to.send(wanted));
}

}  // namespace millrace::cli
