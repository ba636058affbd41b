#include "scans/generate_command.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <ostream>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "millrace/host.hpp"
#include "scans/generator.hpp"

namespace scans {
namespace {

using millrace::application;
using millrace::errc;
using millrace::error;
using millrace::result;
using clock = std::chrono::steady_clock;

constexpr std::uint64_t batch_max = 65'536;
constexpr int append_tries_max = 600;
constexpr std::chrono::milliseconds append_pause{50};

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = wrong == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional{value} : std::nullopt;
}

using answer = millrace::future<result<std::vector<millrace::position>>>;

/// One batch is on its way while the next is invented.
struct batch_in_flight {
  std::vector<millrace::new_event> events;
  answer promised;
};

result<void> settle(millrace::host& host, batch_in_flight& batch) {
  for (int tried = 1; batch.promised.valid(); ++tried) {
    const auto done = batch.promised.get();
    if (done) return {};
    if (!is_retryable(done.error().code) || tried == append_tries_max) return done.error();
    std::this_thread::sleep_for(append_pause);
    batch.promised = host.append(batch.events);
  }
  return {};
}

result<void> append_all(millrace::host& host, const generate_request& request) {
  generator shop{request.seed};
  batch_in_flight before;
  for (std::uint64_t made = 0; made < request.events;) {
    batch_in_flight batch;
    const auto size = std::min(request.batch, request.events - made);
    for (std::uint64_t i = 0; i < size; ++i) batch.events.push_back(to_event(shop.next()));
    made += size;
    if (auto done = settle(host, before); !done) return done;
    batch.promised = host.append(batch.events);
    before = std::move(batch);
  }
  return settle(host, before);
}

int fail(std::ostream& to, const error& why) {
  to << "scans: " << why.message << '\n';
  return application::exit_code(why.code);
}

result<application::store_use> store_for(const application::command_call& call) {
  const auto request = parse_generate(call.arguments);
  if (!request) return request.error();
  return application::store_use::appends;
}

int run_generate(millrace::host& host, const application::command_call& call) {
  const auto request = parse_generate(call.arguments);
  if (!request) return fail(call.err, request.error());
  const auto begin = clock::now();
  const auto done = append_all(host, *request);
  if (!done) return fail(call.err, done.error());
  const auto seconds = std::chrono::duration<double>(clock::now() - begin).count();
  const auto rate = seconds > 0 ? static_cast<double>(request->events) / seconds : 0;
  if (request->json) {
    const nlohmann::ordered_json line = {
        {"appended", request->events}, {"seconds", seconds}, {"rate", rate}};
    call.out << line.dump() << '\n';
  } else {
    call.out << fmt::format("{} events appended in {:.2f} s, {:.0f} a second\n", request->events,
                            seconds, rate);
  }
  return 0;
}

}  // namespace

result<generate_request> parse_generate(const std::vector<std::string>& arguments) {
  generate_request request;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    if (word == "--json") {
      request.json = true;
      continue;
    }
    const bool known = word == "--events" || word == "--seed" || word == "--batch";
    if (!known) return error{errc::invalid, fmt::format("there is no option {}", word)};
    const auto value = i + 1 < arguments.size() ? number_in(arguments[i + 1]) : std::nullopt;
    if (!value) return error{errc::invalid, fmt::format("{} needs a number", word)};
    if (word == "--events") request.events = *value;
    if (word == "--seed") request.seed = *value;
    if (word == "--batch") request.batch = std::clamp<std::uint64_t>(*value, 1, batch_max);
    ++i;
  }
  return request;
}

millrace::application::command generate_command() {
  return {.name = "generate",
          .help = "Append invented input",
          .arguments = "[--events N] [--seed S] [--batch B] [--json]",
          .needs = store_for,
          .run = run_generate};
}

}  // namespace scans
