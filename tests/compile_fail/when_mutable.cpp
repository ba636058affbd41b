// expect: when must be const: `void when(const E&, reactions&) const`
#include <support/flows.pb.h>
#include <millrace/flow.hpp>

using millrace::test::Act;
using millrace::test::Diary;
using millrace::test::Word;

struct a_flow {
  static constexpr std::string_view name = "Flow";
  using observes = millrace::events<Act>;
  void when(const Act&, millrace::reactions&) {}
  Diary state;
};

const auto type = millrace::describe<a_flow>();
