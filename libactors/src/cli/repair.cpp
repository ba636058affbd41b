// retry, skip, reset: let flows go on, or begin anew.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

struct repaired {
  const char* name;
  result<void> (host::*call)(const flow_key& key);
  const char* in_words;
  const char* by_daemon;  ///< in words
};

outcome repair(const context& in, const std::string& key_text, const repaired& what) {
  const auto key = flow_key::parse(key_text);
  auto from = in.open_store();
  if (!from) return from.error();
  auto at = documents::stopped_at(**from, key);
  if (!at) return at.error();
  const auto event = *at ? fmt::format("event {}", (*at)->value) : std::string{"the failed event"};
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) {
    return ask_daemon(
        in, opened.error(), {flow_target(key_text, what.name)}, [&](const json& answer) {
          // The daemon knows it, also when the flow was just being tried again here.
          const auto known = answer.find("position");
          const bool is_known = known != answer.end() && known->is_number();
          return (is_known ? fmt::format("event {}", known->get<std::uint64_t>()) : event) +
                 what.by_daemon;
        });
  }
  if (auto done = ((**opened).*what.call)(key); !done)
    return repair_refusal(in.known, key, done.error());
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::repaired_line(key_text, what.name, *at));
    return exit_code::done;
  }
  in.out.line(event + what.in_words);
  return exit_code::done;
}

/// What is to be known besides when its checkpoint did not decode.
std::string_view forgotten_note(bool forgotten) {
  return forgotten ? "; its checkpoint did not decode, so what it had skipped is not known any more"
                   : "";
}

outcome reset_by_daemon(const context& in, const error& why, const reset_command& options) {
  return ask_daemon(in, why,
                    {flow_target(options.key, "reset"),
                     {{"accept_history", options.accept_history ? "true" : "false"}}},
                    [&](const json& answer) {
                      if (!answer.contains("flows")) {
                        const bool forgotten = answer.value("skips_forgotten", false);
                        return fmt::format("{} begins anew{}", inert(options.key),
                                           forgotten_note(forgotten));
                      }
                      return fmt::format("{} of {} begin anew",
                                         counted(answer["flows"].get<std::uint64_t>(), "flow"),
                                         inert(options.key));
                    });
}

outcome reset_all(const context& in, const reset_command& options) {
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return reset_by_daemon(in, opened.error(), options);
  auto begun = (*opened)->reset_type(options.key, {.accept_history = options.accept_history});
  if (!begun) return begun.error();
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::reset_line(options.key, options.accept_history, *begun));
    return exit_code::done;
  }
  in.out.line(fmt::format("{} of {} begin anew with the next run{}", counted(begun->flows, "flow"),
                          inert(options.key),
                          begun->one_scan ? ", which one scan of the timeline feeds" : ""));
  return exit_code::done;
}

outcome retry_by_daemon(const context& in, const error& why, const retry_options& options) {
  daemon_call wanted{.target = "/v1/retry"};
  if (!options.type.empty()) wanted.arguments.emplace_back("type", options.type);
  if (!options.error.empty()) wanted.arguments.emplace_back("error", options.error);
  return ask_daemon(in, why, wanted, [](const json& answer) {
    const auto count = answer["flows"].get<std::uint64_t>();
    if (count == 0) return std::string{"no flow that is stopped fits"};
    return counted(count, "flow") + (count == 1 ? " is" : " are") + " tried again";
  });
}

outcome retry_all(const context& in, const retry_options& options) {
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return retry_by_daemon(in, opened.error(), options);
  auto count = (*opened)->retry_all({.type = options.type, .error = options.error});
  if (!count) return count.error();
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::retried_line(*count));
  } else if (*count == 0) {
    in.out.line("no flow that is stopped fits");
  } else {
    in.out.line(fmt::format("{} will be tried again by the next run", counted(*count, "flow")));
  }
  return exit_code::done;
}

}  // namespace

outcome retry(const context& in, const retry_options& options) {
  if (options.all) return retry_all(in, options);
  return repair(in, options.key,
                {"retry", &host::retry, " will be tried again by the next run", " is tried again"});
}

outcome skip(const context& in, const std::string& key) {
  return repair(
      in, key,
      {"skip", &host::skip, " is passed by; the next run goes on after it", " is passed by"});
}

outcome reset(const context& in, const reset_command& options) {
  const auto key = flow_key::parse(options.key);
  if (names_many(in.known, key)) return reset_all(in, options);
  auto from = in.open_store();
  if (!from) return from.error();
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return reset_by_daemon(in, opened.error(), options);
  auto forgotten = documents::has_forgotten(**from, key);
  if (!forgotten) return forgotten.error();
  auto begun = (*opened)->reset(key, {.accept_history = options.accept_history});
  if (!begun) return begun.error();
  (*opened)->stop();
  if (in.json) {
    in.out.json(documents::reset_line(options.key, options.accept_history, *forgotten));
    return exit_code::done;
  }
  in.out.line(fmt::format("{} begins anew with the next run{}", inert(options.key),
                          forgotten_note(*forgotten)));
  return exit_code::done;
}

}  // namespace millrace::cli
