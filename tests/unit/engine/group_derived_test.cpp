#include "engine/group.hpp"

#include "unit/engine/requested.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE_METHOD(stored_words, "what was lent to a batch that found the disk full is as it was") {
  id_window ids;
  fences known;
  block_cutter memory;
  group open{{stored, types, interest, ids, known, memory}, stored.tail(), minute(0)};
  derived_commit first;
  first.part.postings = {{flow_number{0}, {{{1}, true}}}, {flow_number{1}, {{{2}, true}}}};
  first.part.effects = {{{1}, {2}}};
  posting_run inbox;
  inbox.append({{1}, true});
  first.part.rewritten = {{{flow_number{0}, flow_key{"Words", "a"}, {}}, inbox}};
  derived_commit second;
  second.part.postings = {{flow_number{2}, {{{3}, true}}}};
  second.part.rewritten = {{{flow_number{2}, flow_key{"Words", "c"}, {}}, inbox}};
  second.part.effects = {{{2}, {3}}};
  REQUIRE(open.add(first));
  REQUIRE(open.add(second));
  CHECK(open.batch().postings.size() == 3);
  CHECK(open.batch().effects.size() == 2);
  CHECK(open.batch().rewritten.size() == 2);
  open.give_back();
  CHECK(first.part.postings.size() == 2);
  CHECK(first.part.postings[1].flow == flow_number{1});
  REQUIRE(first.part.postings[1].postings.size() == 1);
  CHECK(*first.part.postings[1].postings.begin() == posting{{2}, true});
  CHECK(first.part.effects == effect_pairs{{{1}, {2}}});
  REQUIRE(first.part.rewritten.size() == 1);
  CHECK(first.part.rewritten[0].postings == inbox);
  CHECK(second.part.postings.size() == 1);
  CHECK(second.part.rewritten.size() == 1);
}
