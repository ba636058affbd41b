#include "cli/daemon.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "service/server.hpp"
#include "service/socket_name.hpp"
#include "service/url.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto sign_of_life_max = 5s;
constexpr auto look_interval = 100ms;  // at a job
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

}  // namespace

error error_of_daemon(unsigned status, const std::string& body) {
  const auto problem = json::parse(body, nullptr, false);
  const auto text = [&](const char* name) {
    const bool is_there =
        problem.is_object() && problem.contains(name) && problem[name].is_string();
    return is_there ? problem[name].get<std::string>() : std::string{};
  };
  error made{errc::closed, fmt::format("the daemon answered {}", status)};
  if (const auto detail = text("detail"); !detail.empty()) made.message = detail;
  if (const auto code = code_named(text("error"))) made.code = *code;
  return made;
}

result<std::string> ask_again(const context& in, const daemon_call& wanted) {
  service::request asked{
      .method = wanted.method, .target = wanted.target, .header = {}, .body = {}};
  char separator = '?';
  for (const auto& [name, value] : wanted.arguments) {
    asked.target += separator + service::escaped(name) + '=' + service::escaped(value);
    separator = '&';
  }
  const bool appends = !wanted.body.empty();
  if (appends) {
    asked.header.emplace_back("content-type", "application/json");
    asked.body = wanted.body;
  }
  auto answer = service::ask(service::socket_of(in.store), asked,
                             appends ? append_time_max : answer_time_max);
  if (!answer && appends) {
    return error{answer.error().code, answer.error().message +
                                          "; whether the event was appended is not known (with "
                                          "--id it is appended once, however often it is tried)"};
  }
  if (!answer) return answer.error();
  if (answer->status >= 300) return error_of_daemon(answer->status, answer->body);
  return std::move(answer->body);
}

result<std::optional<std::string>> answer_of_daemon(const context& in, const daemon_call& wanted) {
  auto alive = look_alive(service::socket_of(in.store));
  if (!alive && alive.error().code == errc::not_found) return std::optional<std::string>{};
  if (!alive) return alive.error();
  auto answer = ask_again(in, wanted);
  if (!answer) return answer.error();
  return std::optional{std::move(*answer)};
}

result<json> await_job(const context& in, const error& why, const daemon_call& wanted,
                       const job_watch& watch) {
  if (why.code != errc::in_use) return why;
  auto begun = answer_of_daemon(in, wanted);
  if (!begun) return begun.error();
  if (!*begun) return why;
  const auto number = json::parse(**begun)["job"].get<std::uint64_t>();
  std::uint64_t after = 0;
  for (;;) {
    auto answer = ask_again(in, {.target = fmt::format("/v1/jobs/{}", number),
                                 .arguments = {{"after", std::to_string(after)}, {"limit", "1000"}},
                                 .method = "GET"});
    if (!answer) return answer.error();
    const auto at = json::parse(*answer);
    for (const auto& one : at["findings"]) {
      watch.find(one["subject"].get<std::string>(), one["finding"].get<std::string>());
    }
    const bool has_more = !at["findings"].empty();
    after = at["after"].get<std::uint64_t>();
    watch.tell(at["done"].get<std::uint64_t>(), at["total"].get<std::uint64_t>());
    if (has_more) continue;
    if (at["state"] == "done") return at["result"];
    if (at["state"] == "failed") return error_of_daemon(500, dump(at["problem"]));
    std::this_thread::sleep_for(look_interval);
  }
}

error with_advice(const context& in, const error& why, std::string_view command) {
  if (why.code != errc::in_use) return why;
  const auto told = answer_of_daemon(in, {.target = "/version", .method = "GET"});
  if (!told || !*told) return why;
  const auto known = json::parse(**told, nullptr, false);
  if (!known.is_object() || !known.contains("listening")) return why;
  return {why.code, fmt::format("{}, which serves it at {}; `{}` needs it for itself: end that "
                                "process first, or ask it there",
                                why.message, known["listening"].get<std::string>(), command)};
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
