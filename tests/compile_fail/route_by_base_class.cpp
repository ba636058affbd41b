// expect: route must be `static millrace::route route(const E&)`: static
#include <millrace/flow.hpp>
#include <support/flows.pb.h>

using millrace::test::Act;
using millrace::test::Diary;
using millrace::test::Word;

struct a_flow {
  static constexpr std::string_view name = "Flow";
  using observes = millrace::events<Act>;
  static millrace::route route(const google::protobuf::Message&) { return {}; }
  void given(const Act&) {}
  Diary state;
};

const auto type = millrace::describe<a_flow>();
