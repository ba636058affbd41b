// What a commit that finds no room leaves behind: nothing.
#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support/temporary_directory.hpp"
#include "unit/store/on_disk.hpp"

namespace millrace {

namespace {

// No file of this process grows past `size` meanwhile.
class file_size_limit {
 public:
  explicit file_size_limit(std::size_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~file_size_limit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

struct store_with_a_flow {
  temporary_directory place;
  std::unique_ptr<store> owner = opened(place.path(), open_mode::own);

  store_with_a_flow() { REQUIRE(owner->commit({.flows = {{flow_number{0}, flow_key{"A"}, {0}}}})); }
};

}  // namespace

TEST_CASE_METHOD(store_with_a_flow,
                 "a full disk is an error of its own, and the same batch commits later") {
  const std::string payload(1'000'000, 'x');
  commit_batch batch = one_event(0, payload);
  batch.events.push_back({{1}, "NewType", {}, "", ""});
  batch.ids = {{"id", {0}, {}}};
  batch.checkpoints = {{flow_number{0}, {}, "state"}};
  batch.routed = position{1};
  {
    const file_size_limit disk{300'000};
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto refused = owner->commit(batch);
      REQUIRE_FALSE(refused);
      INFO(refused.error().message);
      CHECK(refused.error().code == errc::storage_full);
      CHECK(owner->tail() == position{0});
      CHECK(*owner->routed() == position{0});
      CHECK_FALSE(owner->load(flow_number{0})->has_value());
    }
    CHECK(owner->maintain());
  }
  REQUIRE(owner->commit(batch));
  CHECK(rows_in(*owner) == 2);
  CHECK((*owner->load(flow_number{0}))->state == "state");
  CHECK(owner->recent_ids()->size() == 1);
  CHECK(owner->check()->empty());
}

TEST_CASE_METHOD(store_with_a_flow, "inboxes that a full disk had no room for are nobody else's") {
  std::vector<posting> many;  // in thousands of blocks
  for (std::uint64_t at = 0; at < 600'000; ++at) many.push_back({{at * 1000}, true});
  const bool is_new = GENERATE(false, true);
  const std::uint32_t large = is_new ? 1 : 0;
  commit_batch batch{.flows = {{flow_number{1}, flow_key{"New"}, {5}}}};
  batch.postings.push_back({flow_number{large}, many});
  batch.postings.push_back({flow_number{1 - large}, {{{5}, true}}});
  {
    const file_size_limit disk{300'000};
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto refused = owner->commit(batch);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == errc::storage_full);
    }
  }
  REQUIRE(owner->commit(batch));
  CHECK(owner->postings(flow_number{large}, std::nullopt, many.size() + 1)->size() == many.size());
  CHECK(owner->postings(flow_number{1 - large}, std::nullopt, 9)->size() == 1);
  CHECK(owner->check()->empty());
}

TEST_CASE_METHOD(store_with_a_flow,
                 "what a commit made pending that failed is pending with the next one") {
  const std::string payload(1'000'000, 'x');
  commit_batch batch = one_event(0, payload);
  batch.postings = {{flow_number{0}, {{{0}, true}}}};
  {
    const file_size_limit disk{300'000};
    REQUIRE_FALSE(owner->commit(batch));
  }
  REQUIRE(owner->commit({.postings = {{flow_number{0}, {{{0}, true}}}}}));
  std::size_t pending = 0;
  REQUIRE(owner->pending([&](const flow_row&) { return ++pending > 0; }));
  CHECK(pending == 1);
  CHECK(owner->check()->empty());
}

}  // namespace millrace
