#include "service/session.hpp"

#include <algorithm>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "base/service_limits.hpp"
#include "service/problem.hpp"
#include "service/web_socket.hpp"

namespace millrace::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t read_size = 16u << 10;

auto time_for(std::size_t size) {
  return limits::transfer_time_min + std::chrono::seconds{size / limits::transfer_rate_min};
}

request head_of(const http::request_header<>& from) {
  request made;
  made.method = std::string_view{from.method_string()};
  made.target = std::string_view{from.target()};
  for (const auto& one : from) {
    std::string name{std::string_view{one.name_string()}};
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    made.header.emplace_back(std::move(name), std::string{std::string_view{one.value()}});
  }
  return made;
}

/// Of every answer: nothing is guessed from it, framed, or run.
void add_fixed_fields(http::response_header<>& to) {
  to.set("x-content-type-options", "nosniff");
  to.set("referrer-policy", "no-referrer");
  to.set("cross-origin-resource-policy", "same-origin");
  if (to.find("content-security-policy") == to.end()) {
    to.set("content-security-policy",
           "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
  }
  if (to.find(http::field::cache_control) == to.end()) to.set("cache-control", "no-store");
}

}  // namespace

session::session(socket from, bool through_socket, session_set& of)
    : stream_(std::move(from)),
      buffer_(limits::head_size_max + 4 * read_size),
      of_(of),
      through_socket_(through_socket) {
  of_.open.insert(this);
  ++of_.counts.connections;
}

session::~session() {
  release();
  of_.open.erase(this);
  --of_.counts.connections;
}

void session::close_when_idle() {
  if (!busy_) close();
}

void session::close() { stream_.close(); }

void session::await_request() {
  busy_ = false;
  if (of_.stopping) return close();
  if (buffer_.size() > 0) return read_head();
  stream_.expires_after(limits::idle_time_max);
  stream_.async_read_some(buffer_.prepare(read_size),
                          [self = shared_from_this()](error_code failed, std::size_t size) {
                            if (failed) return;
                            self->buffer_.commit(size);
                            self->read_head();
                          });
}

void session::read_head() {
  busy_ = true;
  parser_.emplace();
  parser_->header_limit(limits::head_size_max);
  parser_->body_limit(boost::none);  // known when the head is there
  stream_.expires_after(limits::head_time_max);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code failed, std::size_t) { self->head_arrived(failed); });
}

void session::head_arrived(error_code failed) {
  if (failed) return refuse(failed);
  head_ = head_of(parser_->get().base());
  head_.through_socket = through_socket_;
  auto admitted = of_.behind.admit(head_);
  if (auto* refusal = std::get_if<response>(&admitted)) return send(std::move(*refusal), false);
  if (auto* to = std::get_if<upgrade>(&admitted)) return converse(std::move(*to));
  if (auto wrong = check_framing()) return send(std::move(*wrong), false);
  const auto* most = std::get_if<std::size_t>(&admitted);
  if (most == nullptr) return hand_on_body();
  admit_body(*most);
}

/// What would not be read as a body would be taken for the next request.
std::optional<response> session::check_framing() const {
  if (!head_.header_of("transfer-encoding") || parser_->chunked()) return std::nullopt;
  return problem({errc::invalid, "of transfer encodings only chunked is known here"});
}

void session::admit_body(std::size_t body_max) {
  const auto told = parser_->content_length();
  const bool none = !parser_->chunked() && told.value_or(0) == 0;
  if (!none && told.value_or(0) > body_max) return refuse(http::error::body_limit);
  if (!none && !reserve(told ? static_cast<std::size_t>(*told) : body_max)) {
    return send(problem({errc::overloaded, "other bodies fill the memory that is set aside"}),
                false);
  }
  parser_->body_limit(body_max);
  go_on_after_head();
}

/// The body is read once the client knows that it is wanted.
void session::go_on_after_head() {
  const auto read = [](session& of) { of.incoming_ ? of.read_piece() : of.read_body(); };
  const bool is_done = !incoming_ && parser_->is_done();
  if (is_done || !head_.header_of("expect")) return read(*this);
  auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
  stream_.expires_after(limits::transfer_time_min);
  http::async_write(stream_, *go_on,
                    [self = shared_from_this(), go_on, read](error_code broken, std::size_t) {
                      if (!broken) read(*self);
                    });
}

/// The connection goes on as a WebSocket, and this ends.
void session::converse(upgrade to) {
  if (of_.stopping || of_.sockets_at[to.address] >= to.most) {
    return send(problem({errc::overloaded, "too many WebSockets of this address are open"}), false);
  }
  if (!parser_->is_done() || buffer_.size() > 0) {
    return send(problem({errc::invalid, "nothing is sent before a WebSocket is open"}), false);
  }
  stream_.expires_never();
  const auto made = std::make_shared<web_socket>(stream_.release_socket(), of_);
  made->accept(parser_->release(), std::move(to));
}

void session::read_body() {
  if (parser_->is_done()) return body_arrived({});
  body_until_ = std::chrono::steady_clock::now() + time_for(reserved_);
  read_on();
}

/// Something has to arrive now and then: a body that does not come holds what is reserved for it.
void session::read_on() {
  const auto soon = std::chrono::steady_clock::now() + limits::transfer_time_min;
  stream_.expires_at(std::min(body_until_, soon));
  http::async_read_some(stream_, buffer_, *parser_,
                        [self = shared_from_this()](error_code failed, std::size_t) {
                          if (failed || self->parser_->is_done()) return self->body_arrived(failed);
                          self->read_on();
                        });
}

void session::body_arrived(error_code failed) {
  if (failed) return refuse(failed);
  head_.body = std::move(parser_->get().body());
  hand_over();
}

bool session::reserve(std::size_t size) {
  const bool is_left = of_.reserve(size);
  if (is_left) reserved_ = size;
  return is_left;
}

void session::release() { of_.release(std::exchange(reserved_, 0)); }

void session::hand_over() {
  stream_.expires_never();
  const bool keeps_open = parser_->keep_alive();
  auto done = [self = shared_from_this(), keeps_open](response made) mutable {
    auto executor = self->stream_.get_executor();
    asio::post(executor, [self = std::move(self), keeps_open, made = std::move(made)]() mutable {
      self->release();
      self->send(std::move(made), keeps_open);
    });
  };
  of_.behind.answer(std::move(head_), std::move(done));
}

void session::send(response made, bool keeps_open) {
  if (const auto reserved = of_.reserve_answer(made.body.size())) {
    reserved_ += *reserved;
  } else {
    made = problem({errc::overloaded, "other answers fill the memory that is set aside"});
  }
  keeps_open_ = keeps_open && !of_.stopping;
  const bool is_head = parser_ && parser_->get().method() == http::verb::head;
  answer_ = message{};
  answer_.version(11);
  answer_.result(made.status);
  answer_.reason(std::string{reason_of(made.status)});
  for (const auto& [name, value] : made.header) answer_.set(name, value);
  add_fixed_fields(answer_.base());
  answer_.keep_alive(keeps_open_);
  if (incoming_) {
    incoming_->answered = true;
    incoming_->pipe.reset();
  }
  if (made.more && !is_head) return send_in_pieces(std::move(made));
  const bool has_body = made.status != 304 && made.status != 204;
  if (has_body) {
    answer_.set(http::field::content_type, made.content_type);
    answer_.content_length(made.body.size());
    if (!is_head) answer_.body() = std::move(made.body);
  }
  stream_.expires_after(time_for(answer_.body().size()));
  http::async_write(stream_, answer_, [self = shared_from_this()](error_code failed, std::size_t) {
    self->sent(failed);
  });
}

void session::sent(error_code failed) {
  if (failed) return close();
  answer_ = message{};
  outgoing_.reset();
  release();
  if (keeps_open_) return await_request();
  stream_.socket().shutdown(socket::shutdown_send, failed);
  if (!incoming_ || !incoming_->reading) return linger();
  stream_.expires_after(limits::linger_time_max);  // read_piece() passes over what comes
}

/// Closing with unread bytes would take the answer away from the client again.
void session::linger() {
  buffer_.clear();
  if (lingered_ == 0) stream_.expires_after(limits::linger_time_max);
  stream_.async_read_some(buffer_.prepare(read_size),
                          [self = shared_from_this()](error_code failed, std::size_t size) {
                            self->lingered_ += size;
                            const bool enough = self->lingered_ > limits::linger_size_max;
                            if (failed || enough) return self->close();
                            self->linger();
                          });
}

/// What the parser does not understand, or what is too much; a connection that just ended or was
/// too slow is closed without a word.
void session::refuse(error_code why) {
  if (why == http::error::header_limit) {
    return send(problem(431, {errc::too_large, "the header of the request is too large"}), false);
  }
  if (why == http::error::body_limit) {
    return send(problem({errc::too_large, "the body of the request is too large"}), false);
  }
  const bool ended = why == http::error::end_of_stream || why == http::error::partial_message;
  if (ended || why.category() != http::make_error_code(http::error::bad_method).category()) {
    return close();
  }
  send(problem({errc::invalid, "this is no HTTP/1.1 request: " + why.message()}), false);
}

}  // namespace millrace::service
