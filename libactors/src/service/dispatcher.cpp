#include "service/dispatcher.hpp"

#include <exception>

#include "service/gauges.hpp"
#include "service/page_answers.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

response ending() { return problem({errc::closed, "the service is ending"}); }

/// Nothing that a call throws may end the process.
response answered(const endpoint& to, const call& asked) {
  try {
    return to.answer(asked);
  } catch (const std::exception& thrown) {
    return problem({errc::broken, thrown.what()});
  } catch (...) {
    return problem({errc::broken, "the call failed for a reason that was not given"});
  }
}

}  // namespace

std::variant<std::size_t, response, upgrade> dispatcher::admit(const request& head) {
  if (on_.stopping) return ending();
  if (page_file(head) != nullptr) {
    if (auto refused = watch_.refuse(head, access::nothing)) return std::move(*refused);
    return limits::call_body_size_max;
  }
  auto found = find_route(on_.endpoints, head);
  auto* to = std::get_if<route>(&found);
  // Who may not ask does not hear what there is.
  const auto needs = to == nullptr ? access::reading : to->to->needs;
  if (auto refused = watch_.refuse(head, needs)) return std::move(*refused);
  if (to == nullptr) return std::get<response>(std::move(found));
  if (auto refused = refuse_body(*to->to, head)) return std::move(*refused);
  if (to->to->where == lane::socket && is_upgrade(head)) return upgrade_of(std::move(*to), head);
  return to->to->accepted.empty() ? limits::call_body_size_max : limits::append_body_size_max;
}

pool& dispatcher::pool_of(const endpoint& to, const call& asked) {
  const bool may_wait = asked.wish_to_wait().has_value() || asked.argument("min_position") ||
                        asked.argument("until") || asked.argument("wait");
  if (!may_wait || to.where == lane::works) return works_;
  return to.where == lane::waits ? waits_ : waits_after_append_;
}

upgrade dispatcher::upgrade_of(route to, const request& head) {
  auto made = std::make_shared<call>(call{on_, head, std::move(to.where), std::move(to.variables)});
  return {.protocol = offers_protocol(head) ? std::string{socket_protocol} : std::string{},
          .open = [talk = to.to->talk, made](std::weak_ptr<outlet> client) {
            return talk(*made, std::move(client));
          }};
}

void dispatcher::answer(request asked, std::function<void(response)> done) {
  if (const auto* file = page_file(asked)) {
    auto made = answer_of(*file, asked);
    on_.measured.count_call("GET", "/", made.status, duration{0});
    return done(std::move(made));
  }
  auto found = find_route(on_.endpoints, asked);  // admitted: it is there
  auto* to = std::get_if<route>(&found);
  if (to == nullptr) return done(std::get<response>(std::move(found)));
  const auto* known = to->to;
  auto made = std::make_shared<call>(
      call{on_, std::move(asked), std::move(to->where), std::move(to->variables)});
  const auto begun = on_.view.time.steady();
  auto work = [this, known, made, begun, done] {
    // What was queued when the end came was not begun, and may be asked again elsewhere.
    auto answer = on_.stopping ? ending() : answered(*known, *made);
    on_.measured.count_call(known->method, known->path, answer.status,
                            on_.view.time.steady() - begun);
    done(std::move(answer));
  };
  if (known->where == lane::at_once || known->where == lane::socket) return work();
  if (pool_of(*known, *made).run(std::move(work))) return;
  on_.measured.count_refusal();
  done(problem({errc::overloaded, "too many calls are under way"}));
}

void dispatcher::stop() {
  works_.stop();
  waits_.stop();
  waits_after_append_.stop();
}

}  // namespace millrace::service
