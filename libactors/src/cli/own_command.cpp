#include "cli/own_command.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/service_limits.hpp"
#include "base/text_buffer.hpp"
#include "base/utf8.hpp"
#include "cli/daemon.hpp"
#include "cli/signals.hpp"
#include "documents/event.hpp"
#include "service/series_keeper.hpp"
#include "service/server.hpp"
#include "service/socket_name.hpp"
#include "service/url.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto silence_max = 1min;  // a daemon says something each second

/// What a daemon tells of a command, which is written as it comes.
class told_run {
 public:
  explicit told_run(const context& in) : in_(in) {}

  /// False: nobody reads any more.
  bool take(std::string_view piece) {
    begun_ += piece;
    std::size_t begin = 0;
    for (auto end = begun_.find('\n'); end != begun_.npos; end = begun_.find('\n', begin)) {
      tell(std::string_view{begun_}.substr(begin, end - begin));
      begin = end + 1;
    }
    begun_.erase(0, begin);
    in_.out.flush();
    in_.err.flush();
    return in_.out.is_open();
  }
  [[nodiscard]] std::optional<int> code() const { return code_; }

 private:
  void tell(std::string_view line) {
    const auto said = json::parse(line, nullptr, false);
    if (!said.is_object()) return;
    if (said.contains("out")) in_.out.as_it_is(said["out"].get<std::string>());
    if (said.contains("err")) in_.err.as_it_is(said["err"].get<std::string>());
    if (said.contains("exit")) code_ = said["exit"].get<int>();
  }

  const context& in_;
  std::string begun_;
  std::optional<int> code_;
};

/// All of standard input. Errors: invalid (more than a call brings, or no text).
result<std::string> whole_input() {
  std::string text;
  std::array<char, 64u << 10> piece;
  while (std::cin.read(piece.data(), piece.size()) || std::cin.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() <= limits::run_input_max) continue;
    return error{errc::invalid,
                 fmt::format("a daemon takes {} bytes of input at most", limits::run_input_max)};
  }
  if (!is_utf8(text)) return error{errc::invalid, "a daemon takes input that is UTF-8"};
  return text;
}

outcome run_by_daemon(const context& in, const error& why, const application::command& own,
                      const std::vector<std::string>& arguments) {
  if (why.code != errc::in_use) return why;
  const auto alive = answer_of_daemon(in, {.target = "/livez", .method = "GET"});
  if (!alive) return alive.error();
  if (!*alive) return why;
  std::error_code failed;
  const auto directory = std::filesystem::current_path(failed).string();
  json body = {{"arguments", arguments}, {"progress", in.shows_progress}};
  if (!failed) body["directory"] = directory;
  if (own.reads_input) {
    auto input = whole_input();
    if (!input) return input.error();
    body["input"] = std::move(*input);
  }
  told_run told{in};
  const service::request wanted{.method = "POST",
                                .target = "/v1/run/" + service::escaped(own.name),
                                .header = {{"content-type", "application/json"}},
                                .body = dump(body)};
  auto answer = service::listen(service::socket_of(in.store), wanted, silence_max,
                                [&](std::string_view piece) { return told.take(piece); });
  if (!answer && !in.out.is_open()) return exit_code::done;
  if (!answer) return answer.error();
  if (answer->status >= 300) return error_of_daemon(answer->status, answer->body);
  if (told.code()) return static_cast<exit_code>(*told.code());
  return error{errc::closed, fmt::format("the daemon ended before `{}` did", own.name)};
}

}  // namespace

outcome run_own(const context& in, const application::command& own,
                const std::vector<std::string>& arguments) {
  using use = application::store_use;
  text_buffer out_to{[&](std::string_view text) {
    in.out.as_it_is(text);
    in.out.flush();
    return in.out.is_open();
  }};
  text_buffer err_to{[&](std::string_view text) {
    in.err.as_it_is(text);
    in.err.flush();
    return in.err.is_open();
  }};
  std::ostream out{&out_to};
  std::ostream err{&err_to};
  err.setf(std::ios::unitbuf);
  err.tie(&out);
  std::optional<interrupts> stop;
  if (own.interruptible) stop.emplace();
  std::istringstream nothing;
  const application::command_call call{
      .arguments = arguments,
      .directory = {},
      .in = own.reads_input ? std::cin : static_cast<std::istream&>(nothing),
      .out = out,
      .err = err,
      .shows_progress = in.shows_progress,
      .ends = [&] { return (stop && stop->arrived()) || !in.out.is_open(); }};
  const auto needs = own.needs ? own.needs(call) : result<use>{use::reads};
  if (!needs && needs.error().code == errc::invalid) {
    in.complain(fmt::format("{} (see: {} {} --help)", needs.error().message, in.program, own.name));
    return exit_code::usage;
  }
  if (!needs) return needs.error();
  auto opened = in.open_host({.strict = !in.types.empty(), .run_flows = *needs == use::runs},
                             *needs != use::reads);
  if (!opened) {
    stop.reset();
    return run_by_daemon(in, opened.error(), own, arguments);
  }
  std::optional<service::series_keeper> series;
  if (*needs != use::reads) series.emplace(**opened);
  const int code = own.run(**opened, call);
  out.flush();
  (*opened)->stop();
  return static_cast<exit_code>(code);
}

}  // namespace millrace::cli
