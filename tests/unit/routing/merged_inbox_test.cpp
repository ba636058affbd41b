#include "routing/merged_inbox.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace millrace {

namespace {

posting starts(std::uint64_t at) { return {{at}, true}; }
posting joins(std::uint64_t at) { return {{at}, false}; }

merged_inbox merged(const posting_run& a, const posting_run& b, const inbox_filter& filter = {}) {
  const std::array runs{&a, &b};
  return merge(runs, filter);
}

}  // namespace

TEST_CASE("runs that follow each other become one, each posting coded as if it had been one") {
  const auto made = merged({starts(3), joins(700)}, {joins(90'000), starts(90'001)});
  CHECK(made.postings == posting_run{starts(3), joins(700), joins(90'000), starts(90'001)});
  CHECK(made.postings.size() == 4);
  CHECK(made.postings.last() == position{90'001});
  CHECK(made.born == position{3});
}

TEST_CASE("runs that lie among each other are brought into one order, each position once") {
  const auto made = merged({starts(3), joins(9), joins(12)}, {joins(5), joins(9), joins(20)});
  CHECK(made.postings == posting_run{starts(3), joins(5), joins(9), joins(12), joins(20)});
}

TEST_CASE("what joins before anything starts is left out, also when runs follow each other") {
  const auto made = merged({joins(3), joins(4)}, {joins(5), starts(6), joins(7)});
  CHECK(made.postings == posting_run{starts(6), joins(7)});
  CHECK(made.born == position{6});
}

TEST_CASE("of runs that follow each other, what was skipped and what is too early is left out") {
  const std::array skipped{position{4}};
  const auto made = merged({starts(3), joins(4)}, {joins(5)}, {.skipped = skipped});
  CHECK(made.postings == posting_run{starts(3), joins(5)});
  const auto later = merged({starts(3), joins(4)}, {joins(5)}, {.from = {4}, .born_before = true});
  CHECK(later.postings == posting_run{joins(4), joins(5)});
  CHECK_FALSE(later.born);
}

}  // namespace millrace
