#include "engine/id_window.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

remembered_id id(std::string text, std::uint64_t at, duration time = {}) {
  return {std::move(text), {at}, timestamp{time}};
}

}  // namespace

TEST_CASE("an id that was added is found, another is not") {
  id_window window;
  CHECK_FALSE(window.find("a"));
  window.add(id("a", 3));
  CHECK(window.find("a") == position{3});
  CHECK_FALSE(window.find("b"));
}

TEST_CASE("what the store remembers is loaded") {
  id_window window;
  window.load({id("a", 3), id("b", 5)});
  CHECK(window.find("a") == position{3});
  CHECK(window.find("b") == position{5});
}

TEST_CASE("an id is forgotten when it is older than the window, not before") {
  id_window window;
  window.add(id("a", 0, 0s));
  window.add(id("b", 1, 1s));
  window.trim(timestamp{limits::id_window_age});
  CHECK(window.find("a") == position{0});
  window.trim(timestamp{limits::id_window_age} + 1us);
  CHECK_FALSE(window.find("a"));
  CHECK(window.find("b") == position{1});
}

TEST_CASE("of too many ids the oldest are forgotten") {
  id_window window;
  for (std::uint64_t at = 0; at < limits::id_window_count + 2; ++at) {
    window.add(id(std::to_string(at), at));
  }
  window.trim(timestamp{});
  CHECK_FALSE(window.find("0"));
  CHECK_FALSE(window.find("1"));
  CHECK(window.find("2") == position{2});
  CHECK(window.find(std::to_string(limits::id_window_count + 1)));
}

TEST_CASE("an id that is added anew outlives its first entry") {
  id_window window;
  window.add(id("a long id, so that its text is not within the string", 0, 0s));
  window.add(id("a long id, so that its text is not within the string", 1, 1h));
  window.trim(timestamp{limits::id_window_age + 1min});
  CHECK(window.find("a long id, so that its text is not within the string") == position{1});
  window.trim(timestamp{limits::id_window_age + 2h});
  CHECK_FALSE(window.find("a long id, so that its text is not within the string"));
}

TEST_CASE("an entry that is forgotten while the clock went back takes no other with it") {
  id_window window;
  window.add(id("late", 0, 2h));
  window.add(id("early", 1, 0h));
  window.trim(timestamp{limits::id_window_age + 1h});
  CHECK(window.find("late") == position{0});
  CHECK(window.find("early") == position{1});  // behind one that stays
  window.trim(timestamp{limits::id_window_age + 3h});
  CHECK_FALSE(window.find("late"));
  CHECK_FALSE(window.find("early"));
}
