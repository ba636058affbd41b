// Bodies and answers that are not held whole: each side goes at the pace of the other.
#include <unistd.h>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "base/service_limits.hpp"
#include "service/problem.hpp"
#include "service/session.hpp"

namespace millrace::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using local = asio::local::stream_protocol;

}  // namespace

arriving_body::~arriving_body() { ::close(descriptor); }

/// The call begins at once. A pair of sockets between the two is the bound: while it is full
/// nothing is read from the client.
void session::hand_on_body() {
  local::socket ours{stream_.get_executor()};
  local::socket theirs{stream_.get_executor()};
  error_code failed;
  asio::local::connect_pair(ours, theirs, failed);
  if (failed) return send(problem({errc::overloaded, failed.message()}), false);
  stream_.socket().set_option(asio::socket_base::keep_alive{true}, failed);
  incoming_ = std::make_unique<incoming>(std::move(*parser_));
  parser_.reset();
  theirs.native_non_blocking(false, failed);
  incoming_->to = std::make_shared<arriving_body>(theirs.release());
  incoming_->pipe.emplace(std::move(ours));
  incoming_->read.body_limit(boost::none);
  head_.arriving = incoming_->to;
  auto asked = head_;
  head_.arriving.reset();
  auto done = [self = shared_from_this()](response made) mutable {
    auto executor = self->stream_.get_executor();
    asio::post(executor, [self = std::move(self), made = std::move(made)]() mutable {
      self->send(std::move(made), false);
    });
  };
  of_.behind.answer(std::move(asked), std::move(done));
  go_on_after_head();
}

void session::read_piece() {
  auto& in = *incoming_;
  if (in.read.is_done()) {
    in.reading = false;
    in.pipe.reset();
    return;
  }
  in.reading = true;
  auto& body = in.read.get().body();
  body.data = in.piece.data();
  body.size = in.piece.size();
  if (!in.answered) stream_.expires_after(limits::arriving_pause_max);
  http::async_read_some(
      stream_, buffer_, in.read, [self = shared_from_this()](error_code failed, std::size_t) {
        self->piece_arrived(failed == http::error::need_buffer ? error_code{} : failed);
      });
}

void session::piece_arrived(error_code failed) {
  auto& in = *incoming_;
  if (failed) {
    in.reading = false;
    in.to->broken = true;
    in.pipe.reset();
    return close();
  }
  const auto size = in.piece.size() - in.read.get().body().size;
  if (in.answered || !in.pipe) return pass_over(size);
  stream_.expires_never();  // the call may take its time
  asio::async_write(*in.pipe, asio::buffer(in.piece.data(), size),
                    [self = shared_from_this()](error_code broken, std::size_t) {
                      self->piece_handed_on(broken);
                    });
}

/// Broken: the call has ended, and its answer is on its way.
void session::piece_handed_on(error_code failed) {
  if (failed) incoming_->pipe.reset();
  if (incoming_->answered) stream_.expires_after(limits::linger_time_max);
  read_piece();
}

/// The client hears the answer best when its bytes are taken for a while.
void session::pass_over(std::size_t size) {
  lingered_ += size;
  if (lingered_ > limits::linger_size_max) {
    incoming_->reading = false;
    return close();
  }
  read_piece();
}

/// Of `answer_` the header; then what the call makes, piece by piece.
void session::send_in_pieces(response made) {
  outgoing_ = std::make_unique<outgoing>();
  auto& out = *outgoing_;
  out.in_chunks = parser_ && parser_->get().version() >= 11;
  if (!out.in_chunks) keeps_open_ = false;
  out.head.base() = answer_.base();
  out.head.set(http::field::content_type, made.content_type);
  out.head.keep_alive(keeps_open_);
  if (out.in_chunks) out.head.chunked(true);
  out.more = std::move(made.more);
  out.writer.emplace(out.head);
  stream_.expires_after(limits::transfer_time_min);
  http::async_write_header(stream_, *out.writer,
                           [self = shared_from_this(), first = std::move(made.body)](
                               error_code failed, std::size_t) mutable {
                             if (failed) return self->close();
                             first.empty() ? self->make_piece()
                                           : self->send_piece(std::move(first));
                           });
}

void session::send_piece(std::string piece) {
  auto& out = *outgoing_;
  out.piece = std::move(piece);
  stream_.expires_after(limits::transfer_time_min +
                        std::chrono::seconds{out.piece.size() / limits::transfer_rate_min});
  auto sent = [self = shared_from_this()](error_code failed, std::size_t) {
    failed ? self->close() : self->make_piece();
  };
  if (out.in_chunks) {
    asio::async_write(stream_, http::make_chunk(asio::buffer(out.piece)), std::move(sent));
  } else {
    asio::async_write(stream_, asio::buffer(out.piece), std::move(sent));
  }
}

/// On a thread for calls.
void session::make_piece() {
  stream_.expires_never();
  if (of_.stopping) return close();
  of_.behind.go_on([self = shared_from_this()]() mutable {
    auto piece = self->outgoing_->more();
    auto executor = self->stream_.get_executor();
    // It ends on its own thread.
    asio::post(executor, [self = std::move(self), piece = std::move(piece)]() mutable {
      if (!piece) return self->close();
      piece->empty() ? self->end_pieces() : self->send_piece(std::move(*piece));
    });
  });
}

void session::end_pieces() {
  if (!outgoing_->in_chunks) return sent({});
  stream_.expires_after(limits::transfer_time_min);
  asio::async_write(
      stream_, http::make_chunk_last(),
      [self = shared_from_this()](error_code failed, std::size_t) { self->sent(failed); });
}

}  // namespace millrace::service
