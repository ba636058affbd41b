#include "bare/reaction.hpp"

#include "bare/timeline.hpp"
#include "harness/basics.hpp"

namespace millrace::bench::bare {

std::vector<double> pairs_of_commits(std::size_t count) {
  const temporary_directory place;
  timeline into{place.path() / "bare.db"};
  into.inside().run("CREATE TABLE states(number INTEGER PRIMARY KEY, state BLOB)");
  statement save{into.inside(), "INSERT OR REPLACE INTO states VALUES(?, ?)"};
  const std::string text(60, 'x');
  std::vector<double> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back(1e6 * seconds_of([&] {
                     into.begin();
                     into.insert(2 * i, text, {});
                     into.commit();
                     into.begin();
                     into.insert(2 * i + 1, text, {});
                     save.bind(1, static_cast<std::int64_t>(i % 100)).bind(2, text).run();
                     into.commit();
                   }));
  }
  return made;
}

}  // namespace millrace::bench::bare
