// expect: observes must be millrace::events<...> of Protobuf messages
#include <support/flows.pb.h>
#include <millrace/flow.hpp>

using millrace::test::Act;
using millrace::test::Diary;
using millrace::test::Word;

struct a_flow {
  static constexpr std::string_view name = "Flow";
  using observes = millrace::events<int>;
  void given(const int&) {}
  Diary state;
};

const auto type = millrace::describe<a_flow>();
