#include "service/web_socket.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <utility>

#include "base/service_limits.hpp"

namespace millrace::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::size_t reason_size_max = 123;  // RFC 6455 5.5.1

/// Not cut within a character.
std::string shortened(std::string text) {
  if (text.size() <= reason_size_max) return text;
  auto end = reason_size_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::size_t size_of(const std::vector<std::string>& messages) {
  std::size_t sum = 0;
  for (const auto& each : messages) sum += each.size();
  return sum;
}

}  // namespace

web_socket::web_socket(socket from, session_set& of)
    : stream_(std::move(from)),
      buffer_(limits::socket_message_size_max + 1024),
      pause_(stream_.get_executor()),
      deadline_(stream_.get_executor()),
      pulse_(stream_.get_executor()),
      alarm_(stream_.get_executor()),
      of_(of),
      client_(std::chrono::steady_clock::now()) {
  of_.sockets.insert(this);
  ++of_.counts.sockets;
  ++of_.counts.sockets_opened;
}

void web_socket::accept(handshake asked, upgrade to) {
  asked_ = std::move(asked);
  address_ = to.address;
  ++of_.sockets_at[address_];
  stream_.set_option(websocket::stream_base::timeout{.handshake_timeout = limits::head_time_max,
                                                     .idle_timeout = websocket::stream_base::none(),
                                                     .keep_alive_pings = false});
  stream_.set_option(
      websocket::stream_base::decorator([protocol = to.protocol](websocket::response_type& answer) {
        if (!protocol.empty()) {
          answer.set(beast::http::field::sec_websocket_protocol, protocol);
        }
      }));
  stream_.read_message_max(limits::socket_message_size_max);
  stream_.text(true);
  stream_.auto_fragment(false);
  stream_.async_accept(asked_, [self = shared_from_this(), to](error_code failed) {
    self->asked_ = {};
    if (failed) return self->finish();
    self->behind_ = to.open(self);
    self->pulse();
    self->read_on();
  });
}

void web_socket::read_on() {
  stream_.async_read(buffer_, [self = shared_from_this()](error_code failed, std::size_t) {
    self->arrived(failed);
  });
}

void web_socket::arrived(error_code failed) {
  if (failed) return finish();
  if (stream_.got_text()) {
    if (!closing_) behind_->received(beast::buffers_to_string(buffer_.data()));
  } else {
    begin_close(close_code::not_text, "only text frames are understood");
  }
  buffer_.consume(buffer_.size());
  // A flood of messages would take the thread from all others.
  pause_.expires_after(limits::socket_message_interval);
  pause_.async_wait([self = shared_from_this()](error_code) {
    if (!self->finished_) self->read_on();
  });
}

void web_socket::send(std::vector<std::string> messages) {
  asio::post(stream_.get_executor(),
             [self = shared_from_this(), messages = std::move(messages)]() mutable {
               if (self->finished_ || self->closing_) return;
               const auto reserved = self->of_.reserve_messages(size_of(messages));
               if (!reserved) {
                 return self->begin_close(close_code::try_later,
                                          "other answers fill the memory that is set aside");
               }
               self->reserved_ = *reserved;
               self->outgoing_ = std::move(messages);
               self->next_ = 0;
               self->write_next();
             });
}

void web_socket::write_next() {
  if (closing_) return;
  if (next_ == outgoing_.size()) {
    outgoing_.clear();
    of_.release_messages(std::exchange(reserved_, 0));
    client_.taken();
    return behind_->ready();
  }
  client_.begins(outgoing_[next_].size(), std::chrono::steady_clock::now());
  stream_.async_write(asio::buffer(outgoing_[next_]),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                        if (self->finished_) return;
                        if (failed) return self->finish();
                        ++self->of_.counts.socket_messages;
                        ++self->next_;
                        self->write_next();
                      });
}

/// Looks now and then whether the client is there. Beast would take one that reads a large message
/// for dead, since it can answer no ping meanwhile.
void web_socket::pulse() {
  pulse_.expires_after(limits::socket_pulse);
  pulse_.async_wait([self = shared_from_this()](error_code) {
    if (self->finished_ || self->closing_) return;
    const auto& went = beast::get_lowest_layer(self->stream_).rate_policy();
    using verdict = liveness::verdict;
    const auto is = self->client_.look(went.heard, went.sent, std::chrono::steady_clock::now());
    if (is == verdict::deaf || is == verdict::silent) {
      if (self->next_ < self->outgoing_.size()) ++self->of_.counts.sockets_dropped;
      return self->finish();
    }
    if (is == verdict::ask) self->ping();
    self->pulse();
  });
}

void web_socket::ping() {
  if (std::exchange(ping_is_under_way_, true)) return;
  stream_.async_ping({},
                     [self = shared_from_this()](error_code) { self->ping_is_under_way_ = false; });
}

void web_socket::close(close_code why, std::string reason) {
  asio::post(stream_.get_executor(), [self = shared_from_this(), why, reason = std::move(reason)] {
    self->begin_close(why, reason);
  });
}

void web_socket::begin_close(close_code why, const std::string& reason) {
  if (finished_ || closing_) return;
  closing_ = true;
  const auto text = shortened(reason);
  deadline_.expires_after(limits::socket_close_max);
  deadline_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled) self->finish();
  });
  stream_.async_close({static_cast<websocket::close_code>(why), text},
                      [self = shared_from_this()](error_code) { self->finish(); });
}

void web_socket::wake_after(std::chrono::milliseconds wait) {
  asio::post(stream_.get_executor(), [self = shared_from_this(), wait] {
    if (self->finished_) return;
    self->alarm_.expires_after(wait);
    self->alarm_.async_wait([self](error_code cancelled) {
      if (!cancelled && self->behind_) self->behind_->woken();
    });
  });
}

/// Once, whatever comes first; what is still under way finds the connection closed.
void web_socket::finish() {
  if (std::exchange(finished_, true)) return;
  beast::get_lowest_layer(stream_).close();
  pause_.cancel();
  deadline_.cancel();
  pulse_.cancel();
  alarm_.cancel();
  if (behind_) behind_->ended();
  behind_.reset();
  of_.release_messages(std::exchange(reserved_, 0));
  of_.sockets.erase(this);
  --of_.sockets_at[address_];
  --of_.counts.sockets;
}

}  // namespace millrace::service
