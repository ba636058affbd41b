// An application's own commands in a daemon: their input, and those that do not end.
#include <catch2/catch.hpp>
#include <millrace/host.hpp>
#include <millrace/service.hpp>

#include <iostream>
#include <nlohmann/json.hpp>
#include <semaphore>

#include "service/server.hpp"
#include "service/socket_name.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

constexpr auto limit = 60s;

/// A host with a daemon that has one command.
class served {
 public:
  explicit served(application::command one) {
    REQUIRE(over_.add<notes>());
    REQUIRE(over_.open());
    service_options options{.listen = "127.0.0.1:0"};
    options.commands.push_back(std::move(one));
    auto started = service_daemon::start(over_, options);
    REQUIRE(started);
    daemon = std::move(*started);
  }
  ~served() {
    daemon.reset();
    over_.stop();
  }

  /// All that it says, or only until it says this.
  unsigned run(const std::string& body, std::string& said, std::string_view until = {}) {
    const auto answer =
        service::listen(service::socket_of(place_.path()),
                        {.method = "POST",
                         .target = "/v1/run/one",
                         .header = {{"content-type", "application/json"}},
                         .body = body},
                        limit, [&](std::string_view piece) {
                          said += piece;
                          return until.empty() || said.find(until) == std::string::npos;
                        });
    if (answer) said += answer->body;
    return answer ? answer->status : 0;
  }

  std::unique_ptr<service_daemon> daemon;

 private:
  temporary_directory place_;
  host over_{{.store = place_.path()}};
};

application::command named_one(std::function<int(host&, const application::command_call&)> run,
                               bool reads_input) {
  return {.name = "one",
          .help = "",
          .arguments = "",
          .needs = {},
          .run = std::move(run),
          .interruptible = false,
          .reads_input = reads_input};
}

int echo(host&, const application::command_call& call) {
  for (std::string line; std::getline(call.in, line);) call.out << line << ';';
  return 7;
}

}  // namespace

TEST_CASE("a command reads what comes with the call") {
  served all{named_one(echo, true)};
  std::string said;
  CHECK(all.run(R"({"input":"a\nü\n\u0000b"})", said) == 200);
  CHECK(said.find(R"("a;ü;\u0000b;")") != std::string::npos);
  CHECK(said.find(R"({"exit":7})") != std::string::npos);
}

TEST_CASE("a command that reads no input is given none") {
  served all{named_one(echo, false)};
  std::string said;
  CHECK(all.run(R"({"input":"a"})", said) == 400);
  CHECK(said.find("reads no input") != std::string::npos);
  said.clear();
  CHECK(all.run("{}", said) == 200);
  CHECK(said.find(R"({"exit":7})") != std::string::npos);
}

TEST_CASE("a command that does not end when it is told to is named, and waited for at last") {
  std::binary_semaphore may_end{0};
  served all{named_one(
      [&](host&, const application::command_call& call) {
        call.out << "begun" << std::flush;
        may_end.acquire();
        return 0;
      },
      false)};
  std::string said;
  all.run("{}", said, "begun");
  CHECK(all.daemon->stop(50ms) == std::vector<std::string>{"one"});
  may_end.release();
  all.daemon.reset();
}
