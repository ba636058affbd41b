#include "service/dispatcher.hpp"

#include <exception>

#include "service/gauges.hpp"
#include "service/page_answers.hpp"
#include "service/problem.hpp"
#include "service/waiting_room.hpp"

namespace millrace::service {
namespace {

response ending() { return problem({errc::closed, "the service is ending"}); }

/// Nothing that a call throws may end the process.
response safely(const std::function<response()>& answer) {
  try {
    return answer();
  } catch (const std::exception& thrown) {
    return problem({errc::broken, thrown.what()});
  } catch (...) {
    return problem({errc::broken, "the call failed for a reason that was not given"});
  }
}

bool may_wait(const call& asked) {
  return asked.wish_to_wait().has_value() || asked.argument("min_position") ||
         asked.argument("until") || asked.argument("wait");
}

}  // namespace

/// A call until it is answered.
struct dispatcher::under_way {
  const endpoint* to = nullptr;
  call asked;
  timestamp begun{};
  std::function<void(response)> done;
  std::shared_ptr<const void> place;  // among those that wait
};

dispatcher::dispatcher(parts& on, guard watch)
    : on_(on),
      watch_(std::move(watch)),
      waiting_([&of = on.measured](int change) { of.count_waiting(change); }) {}

answerer::admission dispatcher::admit(const request& head) {
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
  if (to->to->where == lane::streams) return as_it_comes{};
  return to->to->accepted.empty() ? limits::call_body_size_max : limits::append_body_size_max;
}

/// Before the call does anything: what it began it could not take back. Null: it does not wait.
result<std::shared_ptr<const void>> dispatcher::place_of(const call& asked, lane where) {
  const bool waits =
      where == lane::waits || where == lane::waits_elsewhere || where == lane::waits_after_append;
  if (!waits || !may_wait(asked)) return std::shared_ptr<const void>{};
  const auto kind = static_cast<std::size_t>(where) - static_cast<std::size_t>(lane::waits);
  return waiting_.take(kind, watch_.client_of(asked.asked));
}

upgrade dispatcher::upgrade_of(route to, const request& head) {
  auto made = std::make_shared<call>(call{on_, head, std::move(to.where), std::move(to.variables)});
  return {.protocol = offers_protocol(head) ? std::string{socket_protocol} : std::string{},
          .address = to.to->path,
          .most = to.to->sockets_max,
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
  auto of = std::make_shared<under_way>(
      under_way{.to = to->to,
                .asked = {on_, std::move(asked), std::move(to->where), std::move(to->variables)},
                .begun = on_.view.time.steady(),
                .done = std::move(done),
                .place = {}});
  auto place = place_of(of->asked, of->to->where);
  if (!place) {
    on_.measured.count_refusal();
    return of->done(problem(place.error()));
  }
  of->place = std::move(*place);
  auto work = [this, of] {
    // What was queued when the end came was not begun, and may be asked again elsewhere.
    settle(of, on_.stopping ? ending() : safely([&] { return of->to->answer(of->asked); }));
  };
  const auto where = of->to->where;
  if (where == lane::at_once || where == lane::socket) return work();
  if ((where == lane::streams ? streams_ : works_).run(std::move(work))) return;
  on_.measured.count_refusal();
  of->done(problem({errc::overloaded, "too many calls are under way"}));
}

void dispatcher::settle(const std::shared_ptr<under_way>& of, response made) {
  if (made.later) {
    return on_.room.park([this, of, look = std::move(made.later)] { settle(of, safely(look)); });
  }
  on_.measured.count_call(of->to->method, of->to->path, made.status,
                          on_.view.time.steady() - of->begun);
  of->done(std::move(made));
}

void dispatcher::go_on(std::function<void()> piece) {
  // Each connection has a place; it is full only when this is ending.
  static_cast<void>(pieces_.run(std::move(piece)));
}

void dispatcher::stop() {
  on_.room.stop();
  works_.stop();
  streams_.stop();
  pieces_.stop();
}

}  // namespace millrace::service
