#include "cli/signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>

namespace millrace::cli {
namespace {

// A signal handler can reach nothing else.
volatile sig_atomic_t signals_seen = 0;
int wake_up[2] = {-1, -1};
struct sigaction former[2];

extern "C" void on_signal(int number) {
  if (signals_seen != 0) _exit(128 + number);
  signals_seen = 1;
  const char byte = 0;
  [[maybe_unused]] const auto wrote = ::write(wake_up[1], &byte, 1);
}

}  // namespace

interrupts::interrupts() {
  signals_seen = 0;
  if (pipe2(wake_up, O_CLOEXEC | O_NONBLOCK) != 0) wake_up[0] = wake_up[1] = -1;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &former[0]);
  sigaction(SIGTERM, &action, &former[1]);
}

interrupts::~interrupts() {
  sigaction(SIGINT, &former[0], nullptr);
  sigaction(SIGTERM, &former[1], nullptr);
  for (int& end : wake_up) {
    if (end >= 0) ::close(end);
    end = -1;
  }
}

bool interrupts::arrived() const { return signals_seen != 0; }

int interrupts::descriptor() const { return wake_up[0]; }

bool interrupts::wait(std::chrono::milliseconds limit, int reader_of) const {
  if (arrived()) return true;
  std::array<pollfd, 2> watched{{{wake_up[0], POLLIN, 0}, {reader_of, 0, 0}}};
  if (poll(watched.data(), watched.size(), static_cast<int>(limit.count())) <= 0) return arrived();
  return arrived() || (watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

void ignore_broken_pipes() { signal(SIGPIPE, SIG_IGN); }

}  // namespace millrace::cli
