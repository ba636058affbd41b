// expect: route must be there for all observed events or for none of them
#include <support/flows.pb.h>
#include <millrace/flow.hpp>

using millrace::test::Act;
using millrace::test::Diary;
using millrace::test::Word;

struct a_flow {
  static constexpr std::string_view name = "Flow";
  using observes = millrace::events<Act, Word>;
  static millrace::route route(const Act& e) { return millrace::starts(e.id()); }
  void given(const Act&) {}
  void given(const Word&) {}
  Diary state;
};

const auto type = millrace::describe<a_flow>();
