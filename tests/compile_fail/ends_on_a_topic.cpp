// expect: ends is for queries; a topic ends itself with reactions::done
#include <support/flows.pb.h>
#include <millrace/flow.hpp>

using millrace::test::Act;
using millrace::test::Diary;
using millrace::test::Word;

struct a_flow {
  static constexpr std::string_view name = "Flow";
  using observes = millrace::events<Act>;
  void when(const Act&, millrace::reactions&) const {}
  bool ends(const Act&) const { return true; }
  Diary state;
};

const auto type = millrace::describe<a_flow>();
