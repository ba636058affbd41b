#include "service/subscriptions.hpp"

#include <algorithm>
#include <atomic>
#include <exception>

#include "host/watching.hpp"
#include "service/slice_reader.hpp"
#include "store/builds.hpp"

namespace millrace::service {

/// One subscription. It waits for its client to say what it wants; from then on each piece of news
/// (a commit, credit, what was sent is taken) has it read on, on one thread at a time.
class subscriptions::one final : public conversation, public std::enable_shared_from_this<one> {
 public:
  one(subscriptions& of, std::weak_ptr<outlet> to) : of_(of), to_(std::move(to)) {}

  void received(std::string message) override {
    auto said = parse_subscription(message);
    if (!said) return end(close_code::not_understood, said.error().message);
    {
      const std::scoped_lock lock{guard_};
      if (said->wish.has_value() == begun_) {
        return end(close_code::not_understood,
                   begun_ ? "a subscription begins once" : "a subscription begins with subscribe");
      }
      const auto more = said->wish ? said->wish->credit : said->credit;
      if (more > limits::credit_max - credit_) {
        return end(close_code::not_understood, "more credit than a subscription may have");
      }
      credit_ += more;
      if (said->wish) {
        begun_ = true;
        wish_ = std::move(said->wish);
      }
    }
    wake();
  }
  void ready() override {
    {
      const std::scoped_lock lock{guard_};
      is_ready_ = true;
    }
    wake();
  }
  void woken() override { wake(); }
  void ended() override {
    const std::scoped_lock lock{guard_};
    has_ended_ = true;
  }

  [[nodiscard]] bool has_ended() {
    const std::scoped_lock lock{guard_};
    return has_ended_;
  }
  [[nodiscard]] bool wants_states() const { return states_; }
  void note(const commit_batch& written, const std::vector<flow_number>& touched) {
    if (concerns(written, touched)) wake();
  }

 private:
  [[nodiscard]] bool concerns(const commit_batch& written,
                              const std::vector<flow_number>& touched) const;
  void wake();
  void go_on();
  result<void> read_on();
  result<void> begin(subscription_wish wanted);
  void end(close_code why, std::string reason) {
    if (auto to = to_.lock()) to->close(why, std::move(reason));
  }

  subscriptions& of_;
  const std::weak_ptr<outlet> to_;
  static constexpr std::uint64_t nobody = UINT64_MAX;

  // Of a query; else events. The key is set before, and stays.
  std::atomic<bool> states_{false};
  flow_key key_;
  std::atomic<std::uint64_t> watched_{nobody};  // its number

  std::mutex guard_;  // of what follows
  std::optional<subscription_wish> wish_;
  bool begun_ = false;
  bool is_ready_ = true;
  bool has_ended_ = false;
  bool running_ = false;  // or queued
  bool again_ = false;    // something came meanwhile
  std::uint64_t credit_ = 0;

  std::unique_ptr<slice_reader> reader_;  // of whoever runs
};

/// Of a query: its own checkpoints, a new number for its key, and what may give it another build.
bool subscriptions::one::concerns(const commit_batch& written,
                                  const std::vector<flow_number>& touched) const {
  if (!states_) return !written.events.empty() || !written.postings.empty();
  if (!written.flow_types.empty()) return true;
  if (const auto number = watched_.load(); number != nobody) {
    if (std::binary_search(touched.begin(), touched.end(), static_cast<flow_number>(number)))
      return true;
  }
  return std::any_of(written.flows.begin(), written.flows.end(),
                     [&](const flow_entry& each) { return each.key == key_; });
}

void subscriptions::one::wake() {
  {
    const std::scoped_lock lock{guard_};
    again_ = true;
    if (running_ || has_ended_ || !begun_) return;
    running_ = true;
  }
  // There is a place for each.
  if (!of_.threads_.run([self = shared_from_this()] { self->go_on(); })) {
    end(close_code::try_later, "the service is ending");
  }
}

void subscriptions::one::go_on() {
  {
    const std::scoped_lock lock{guard_};
    again_ = false;
  }
  try {
    if (auto read = read_on(); !read) end(close_code::failed, read.error().message);
  } catch (const std::exception& thrown) {
    end(close_code::failed, thrown.what());
  }
  bool again = false;
  {
    const std::scoped_lock lock{guard_};
    running_ = false;
    again = again_ && is_ready_;
  }
  if (again) wake();
}

result<void> subscriptions::one::read_on() {
  std::optional<subscription_wish> wanted;
  std::uint64_t credit = 0;
  {
    const std::scoped_lock lock{guard_};
    if (has_ended_ || !is_ready_) return {};
    wanted = std::exchange(wish_, std::nullopt);
    credit = credit_;
  }
  if (wanted) {
    if (auto begun = begin(std::move(*wanted)); !begun) return begun;
  }
  if (!reader_) return {};
  // Which number it has, before its state is read: what changes from here on is noticed.
  if (states_) {
    auto number = number_of(of_.of_.over, key_);
    if (!number) return number.error();
    watched_ = *number ? static_cast<std::uint64_t>(**number) : nobody;
  }
  auto made = reader_->read(credit);
  if (!made) {
    reader_.reset();
    return made.error();
  }
  const auto to = to_.lock();
  if (!to) return {};
  {
    const std::scoped_lock lock{guard_};
    credit_ -= made->cost;
    is_ready_ = made->messages.empty();
    again_ = again_ || made->goes_on;
  }
  if (made->again) to->wake_after(std::chrono::ceil<std::chrono::milliseconds>(*made->again));
  if (!made->messages.empty()) to->send(std::move(made->messages));
  return {};
}

result<void> subscriptions::one::begin(subscription_wish wanted) {
  if (!wanted.query) {
    reader_ = read_events(of_.of_, std::move(wanted));
    return {};
  }
  key_ = *wanted.query;
  states_ = true;
  auto reader = read_states(of_.of_, std::move(wanted));
  if (!reader) return reader.error();
  reader_ = std::move(*reader);
  return {};
}

std::shared_ptr<conversation> subscriptions::talk_to(std::weak_ptr<outlet> client) {
  auto made = std::make_shared<one>(*this, std::move(client));
  const std::scoped_lock lock{guard_};
  std::erase_if(open_, [](const auto& each) { return each.expired(); });
  open_.push_back(made);
  return made;
}

void subscriptions::note(const commit_batch& written) {
  std::vector<flow_number> touched;
  const std::scoped_lock lock{guard_};
  for (const auto& each : open_) {
    const auto still = each.lock();
    if (!still) continue;
    if (still->wants_states() && touched.empty()) {
      for (const auto& write : written.checkpoints) touched.push_back(write.flow);
      std::sort(touched.begin(), touched.end());
    }
    still->note(written, touched);
  }
}

}  // namespace millrace::service
