// What the other files of this folder get wrong, done right; and what looks alike and is allowed.
#include <support/flows.pb.h>
#include <millrace/flow.hpp>

using millrace::test::Act;
using millrace::test::Diary;
using millrace::test::Word;

struct a_topic {
  static constexpr std::string_view name = "Topic";
  using observes = millrace::events<Act, Word>;
  static millrace::route route(const Act& e) { return millrace::starts(e.id()); }
  static millrace::route route(const Word& e, const millrace::event&) {
    return millrace::joins(e.id());
  }
  void given(const Act&) {}
  void when(const Act&, millrace::reactions&) const {}
  void when(const Word&, millrace::reactions&, const millrace::event&) const {}
  void when(int) const {}  // takes no event
};

struct a_query {
  static constexpr const char* name = "Query";
  using observes = millrace::events<Act, Word>;
  void given(const Act&) noexcept {}
  void given(const Word&, const millrace::event&) {}
  bool ends(const Act&) const { return true; }
  Diary state;
};

const auto topic = millrace::describe<a_topic>();
const auto query = millrace::describe<a_query>();
static_assert(millrace::flow<a_topic> && millrace::flow<a_query>);
