#include "cli/daemon.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "service/server.hpp"
#include "service/socket_name.hpp"
#include "service/url.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto sign_of_life_max = 5s;
constexpr auto append_time_max = 1min;
constexpr auto answer_time_max = 10min;  // all flows of a type may begin anew

/// A daemon that hangs is not waited for as long as one that works. Errors: those of ask.
result<void> look_alive(const std::filesystem::path& socket) {
  auto alive = service::ask(socket, {.method = "GET", .target = "/livez", .header = {}, .body = {}},
                            sign_of_life_max);
  return alive ? result<void>{} : result<void>{alive.error()};
}

std::optional<errc> code_named(std::string_view name) {
  for (auto i = 0; i <= static_cast<int>(errc::timed_out); ++i) {
    if (to_string(static_cast<errc>(i)) == name) return static_cast<errc>(i);
  }
  return std::nullopt;
}

/// The problem that the daemon names.
error error_of(const service::response& answer) {
  const auto problem = json::parse(answer.body, nullptr, false);
  const auto text = [&](const char* name) {
    const bool is_there =
        problem.is_object() && problem.contains(name) && problem[name].is_string();
    return is_there ? problem[name].get<std::string>() : std::string{};
  };
  error made{errc::closed, fmt::format("the daemon answered {}", answer.status)};
  if (const auto detail = text("detail"); !detail.empty()) made.message = detail;
  if (const auto code = code_named(text("error"))) made.code = *code;
  return made;
}

}  // namespace

result<std::optional<std::string>> answer_of_daemon(const context& in, const daemon_call& wanted) {
  service::request asked{.method = "POST", .target = wanted.target, .header = {}, .body = {}};
  char separator = '?';
  for (const auto& [name, value] : wanted.arguments) {
    asked.target += separator + service::escaped(name) + '=' + service::escaped(value);
    separator = '&';
  }
  if (!wanted.body.empty()) {
    asked.header.emplace_back("content-type", "application/json");
    asked.body = wanted.body;
  }
  const auto socket = service::socket_of(in.store);
  auto alive = look_alive(socket);
  if (!alive && alive.error().code == errc::not_found) return std::optional<std::string>{};
  if (!alive) return alive.error();
  const bool appends = !wanted.body.empty();
  auto answer = service::ask(socket, asked, appends ? append_time_max : answer_time_max);
  if (!answer && appends) {
    return error{answer.error().code, answer.error().message +
                                          "; whether the event was appended is not known (with "
                                          "--id it is appended once, however often it is tried)"};
  }
  if (!answer) return answer.error();
  if (answer->status >= 300) return error_of(*answer);
  return std::optional{std::move(answer->body)};
}

outcome ask_daemon(const context& in, const error& why, const daemon_call& wanted,
                   const std::function<std::string(const json& answer)>& words) {
  if (why.code != errc::in_use) return why;
  auto answer = answer_of_daemon(in, wanted);
  if (!answer) return answer.error();
  if (!*answer) return why;
  if (in.json) {
    in.out.json(**answer);
  } else {
    in.out.line(words(json::parse(**answer)));
  }
  return exit_code::done;
}

std::string flow_target(const std::string& key, std::string_view call) {
  return fmt::format("/v1/flows/{}/{}", service::escaped(key), call);
}

}  // namespace millrace::cli
