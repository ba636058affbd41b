/// The client's side: requests as they go through a server's own socket, answers as they come.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <utility>

#include "service/message.hpp"

namespace millrace::service {

/// Without its body, of which it does not say yet how long it is.
template <class Body>
[[nodiscard]] boost::beast::http::request<Body> client_message(const request& from) {
  boost::beast::http::request<Body> made;
  made.method_string(from.method);
  made.target(from.target);
  made.version(11);
  made.set(boost::beast::http::field::host, "localhost");
  for (const auto& [name, value] : from.header) made.set(name, value);
  made.keep_alive(false);
  return made;
}

[[nodiscard]] inline response client_answer(
    boost::beast::http::response<boost::beast::http::string_body>&& from) {
  response made;
  made.status = from.result_int();
  made.content_type = std::string{std::string_view{from[boost::beast::http::field::content_type]}};
  made.body = std::move(from.body());
  return made;
}

}  // namespace millrace::service
