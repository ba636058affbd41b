/// What a flow is: a plain struct, checked here.
///
///     struct open_orders {
///       static constexpr std::string_view name = "OpenOrders";    // durable: never rename
///       using observes = millrace::events<OrderPlaced, OrderPaid>;
///       static millrace::route route(const OrderPlaced& e) { return millrace::starts(e.id()); }
///       static millrace::route route(const OrderPaid& e) { return millrace::joins(e.id()); }
///       void given(const OrderPlaced& e) { state.set_total(e.total()); }
///       bool ends(const OrderPaid&) const { return true; }
///       OpenOrder state;                                          // a Protobuf message
///     };
///
/// Handlers, for each observed event E at least one of, called in this order:
///   void given(const E&)                      folds state
///   void when(const E&, reactions&) const     decides; makes the flow a topic
///   bool ends(const E&) const                 queries: true ends the instance after this event
/// Each may take the envelope, `const event&`, as a further argument; so may route.
/// Optional: `static constexpr int version`, `static constexpr auto starts_from`.
#pragma once

#include <google/protobuf/message.h>

#include <array>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/flow_type.hpp"

namespace millrace {

namespace detail {

using google::protobuf::Message;

// clang-format 14 does not know requires-expressions.
// clang-format off
template <class F, class E>
concept given_plain = requires { static_cast<void (F::*)(const E&)>(&F::given); };
template <class F, class E>
concept given_with_envelope =
    requires { static_cast<void (F::*)(const E&, const event&)>(&F::given); };
template <class F, class E>
concept given_some_other = requires(F f, const E& e, const event& env) {
  requires requires { f.given(e); } || requires { f.given(e, env); };
};

template <class F, class E>
concept when_plain = requires { static_cast<void (F::*)(const E&, reactions&) const>(&F::when); };
template <class F, class E>
concept when_with_envelope =
    requires { static_cast<void (F::*)(const E&, reactions&, const event&) const>(&F::when); };
template <class F, class E>
concept when_mutable =
    requires { static_cast<void (F::*)(const E&, reactions&)>(&F::when); } ||
    requires { static_cast<void (F::*)(const E&, reactions&, const event&)>(&F::when); };
template <class F, class E>
concept when_some_other = requires(F f, const E& e, reactions& then, const event& env) {
  requires requires { f.when(e, then); } || requires { f.when(e, then, env); };
};

template <class F, class E>
concept ends_plain = requires { static_cast<bool (F::*)(const E&) const>(&F::ends); };
template <class F, class E>
concept ends_with_envelope =
    requires { static_cast<bool (F::*)(const E&, const event&) const>(&F::ends); };
template <class F, class E>
concept ends_some_other = requires(F f, const E& e, const event& env) {
  requires requires { f.ends(e); } || requires { f.ends(e, env); };
};

template <class F, class E>
concept route_plain = requires { static_cast<millrace::route (*)(const E&)>(&F::route); };
template <class F, class E>
concept route_with_envelope =
    requires { static_cast<millrace::route (*)(const E&, const event&)>(&F::route); };
template <class F>
concept route_present = requires { &F::route; };
template <class F, class E>
concept route_some_other = requires(F f, const E& e, const event& env) {
  requires requires { f.route(e); } || requires { f.route(e, env); };
};

template <class F, class E>
inline constexpr bool has_given = given_plain<F, E> || given_with_envelope<F, E>;
template <class F, class E>
inline constexpr bool has_when = when_plain<F, E> || when_with_envelope<F, E>;
template <class F, class E>
inline constexpr bool has_ends = ends_plain<F, E> || ends_with_envelope<F, E>;
template <class F, class E>
inline constexpr bool has_route = route_plain<F, E> || route_with_envelope<F, E>;

template <class F>
concept has_state = requires(F f) {
  { f.state } -> std::convertible_to<const Message&>;
};
template <class F>
concept has_name = requires {
  { F::name } -> std::convertible_to<std::string_view>;
};

// clang-format on

template <class List>
inline constexpr bool is_event_list = false;
template <class... E>
inline constexpr bool is_event_list<events<E...>> = sizeof...(E) > 0 &&
                                                    (std::derived_from<E, Message> && ...);

/// All that can be wrong with the handlers of one observed event, one sentence each.
template <class F, class E>
constexpr bool check_event() {
  static_assert(has_given<F, E> || !given_some_other<F, E>,
                "millrace: given must be `void given(const E&)` for each observed event E: not by "
                "value, not by base class, not const, returning void");
  static_assert(has_when<F, E> || !when_mutable<F, E>,
                "millrace: when must be const: `void when(const E&, reactions&) const`; a decision "
                "does not change state");
  static_assert(has_when<F, E> || when_mutable<F, E> || !when_some_other<F, E>,
                "millrace: when must be `void when(const E&, reactions&) const` for each observed "
                "event E: not by value, not by base class, returning void");
  static_assert(has_ends<F, E> || !ends_some_other<F, E>,
                "millrace: ends must be `bool ends(const E&) const`: not by value, not by base "
                "class");
  static_assert(has_given<F, E> || given_some_other<F, E> || has_when<F, E> ||
                    when_some_other<F, E> || has_ends<F, E> || ends_some_other<F, E>,
                "millrace: an observed event has no handler; is `given`, `when` or `ends` misspelt "
                "or missing?");
  return true;
}

template <class F, class... E>
constexpr bool check_all(std::type_identity<events<E...>>) {
  constexpr bool each = (check_event<F, E>() && ...);
  constexpr bool some_routed = ((has_route<F, E> || route_some_other<F, E>) || ...);
  static_assert(!some_routed || ((has_route<F, E> || route_some_other<F, E>)&&...),
                "millrace: route must be there for all observed events or for none of them");
  static_assert(((has_route<F, E> || !route_some_other<F, E>)&&...),
                "millrace: route must be `static millrace::route route(const E&)`: static, not by "
                "value, not by base class");
  static_assert(some_routed || !route_present<F>,
                "millrace: route is there, but takes no observed event");
  constexpr bool topic = (has_when<F, E> || ...);
  static_assert(!topic || !(has_ends<F, E> || ...),
                "millrace: ends is for queries; a topic ends itself with reactions::done");
  static_assert(topic || has_state<F>,
                "millrace: a query needs a Protobuf message named `state`, public");
  return each;
}

/// Enough is there to describe the rest; what is not was said by check_flow.
template <class F>
concept describable = has_name<F> && is_event_list<typename F::observes>;

template <class F>
constexpr bool check_flow() {
  static_assert(has_name<F>,
                "millrace: a flow needs `static constexpr std::string_view name = \"...\"`");
  static_assert(
      requires { typename F::observes; },
      "millrace: a flow needs `using observes = millrace::events<...>`");
  if constexpr (has_name<F> && requires { typename F::observes; }) {
    static_assert(!std::string_view{F::name}.empty() &&
                      std::string_view{F::name}.find('|') == std::string_view::npos,
                  "millrace: a flow's name is not empty and has no `|`");
    static_assert(is_event_list<typename F::observes>,
                  "millrace: observes must be millrace::events<...> of Protobuf messages");
    if constexpr (is_event_list<typename F::observes>) {
      return check_all<F>(std::type_identity<typename F::observes>{});
    }
  }
  return true;
}

template <class F, class List>
class flow_model;

template <class F, class... E>
class flow_model<F, events<E...>> final : public flow_instance {
 public:
  explicit flow_model(F flow) : flow_(std::move(flow)) {}

  void given(std::size_t observed, const Message& body, const event& envelope) override {
    givens[observed](flow_, body, envelope);
  }
  void when(std::size_t observed, const Message& body, const event& envelope,
            reactions& then) const override {
    whens[observed](flow_, body, envelope, then);
  }
  bool ends(std::size_t observed, const Message& body, const event& envelope) const override {
    return endings[observed](flow_, body, envelope);
  }
  Message* state() override {
    if constexpr (has_state<F>) return &flow_.state;
    return nullptr;
  }

 private:
  template <class One>
  static void call_given(F& flow, const Message& body, const event& envelope) {
    if constexpr (given_with_envelope<F, One>) {
      flow.given(static_cast<const One&>(body), envelope);
    } else if constexpr (given_plain<F, One>) {
      flow.given(static_cast<const One&>(body));
    }
  }
  template <class One>
  static void call_when(const F& flow, const Message& body, const event& envelope,
                        reactions& then) {
    if constexpr (when_with_envelope<F, One>) {
      flow.when(static_cast<const One&>(body), then, envelope);
    } else if constexpr (when_plain<F, One>) {
      flow.when(static_cast<const One&>(body), then);
    }
  }
  template <class One>
  static bool call_ends(const F& flow, const Message& body, const event& envelope) {
    if constexpr (ends_with_envelope<F, One>) {
      return flow.ends(static_cast<const One&>(body), envelope);
    } else if constexpr (ends_plain<F, One>) {
      return flow.ends(static_cast<const One&>(body));
    } else {
      return false;
    }
  }

  static constexpr std::array<void (*)(F&, const Message&, const event&), sizeof...(E)> givens{
      &call_given<E>...};
  static constexpr std::array<void (*)(const F&, const Message&, const event&, reactions&),
                              sizeof...(E)>
      whens{&call_when<E>...};
  static constexpr std::array<bool (*)(const F&, const Message&, const event&), sizeof...(E)>
      endings{&call_ends<E>...};

  F flow_;
};

template <class F, class E>
millrace::route call_route(const Message& body, const event& envelope) {
  if constexpr (route_with_envelope<F, E>) {
    return F::route(static_cast<const E&>(body), envelope);
  } else {
    return F::route(static_cast<const E&>(body));
  }
}

template <class F, class E>
observed_event describe_event() {
  observed_event seen{.name = std::string{event_type_name<E>()},
                      .prototype = &E::default_instance(),
                      .has_given = has_given<F, E>,
                      .has_when = has_when<F, E>};
  if constexpr (has_route<F, E>) seen.route = &call_route<F, E>;
  return seen;
}

template <class F>
inline constexpr bool is_single = []<class... E>(std::type_identity<events<E...>>) {
  return !(has_route<F, E> || ...);
}(std::type_identity<typename F::observes>{});

template <class F, class... E>
flow_type describe_all(std::type_identity<events<E...>>) {
  flow_type type;
  type.name = std::string_view{F::name};
  if constexpr (requires { F::version; }) type.version = F::version;
  type.topic = (has_when<F, E> || ...);
  type.single = is_single<F>;
  if (type.topic) type.starts_from = first_event::from_now;
  if constexpr (requires { F::starts_from; }) type.starts_from = F::starts_from;
  type.observes = {describe_event<F, E>()...};
  if constexpr (has_state<F>) {
    type.state_prototype = &std::remove_cvref_t<decltype(F::state)>::default_instance();
  }
  return type;
}

}  // namespace detail

/// A struct that can be added to a host. What is wrong with one that is not is said by a
/// static_assert of its own when the struct is described.
template <class F>
concept flow = std::copy_constructible<F> && detail::check_flow<F>();

/// Describes a flow type for the engine. `settings` are handed to the constructor of every
/// instance; they are copied, and have to be values: a flow that calls a service is not
/// deterministic.
template <class F, class... Settings>
[[nodiscard]] flow_type describe(flow_options options = {}, Settings... settings) {
  static_assert(detail::check_flow<F>());
  flow_type type;
  if constexpr (detail::describable<F>) {  // or errors of its own would hide what check_flow says
    type = detail::describe_all<F>(std::type_identity<typename F::observes>{});
    type.options = options;
    type.make = [fixed = std::tuple<Settings...>{std::move(settings)...}] {
      using model = detail::flow_model<F, typename F::observes>;
      return std::apply(
          [](const auto&... each) -> std::unique_ptr<flow_instance> {
            return std::make_unique<model>(F{each...});
          },
          fixed);
    };
  }
  return type;
}

}  // namespace millrace
