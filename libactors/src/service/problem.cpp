#include "service/problem.hpp"

#include <nlohmann/json.hpp>

#include "documents/event.hpp"

namespace millrace::service {
namespace {

constexpr const char* retry_after = "1";  // seconds

bool asks_to_come_again(unsigned status) { return status == 429 || status == 503 || status == 507; }

}  // namespace

unsigned status_of(errc code) {
  switch (code) {
    case errc::invalid: return 400;
    case errc::unknown_type: return 404;
    case errc::undecodable: return 422;
    case errc::too_large: return 413;
    case errc::not_found: return 404;
    case errc::conflict: return 409;
    case errc::in_use: return 409;
    case errc::newer_schema: return 500;
    case errc::incompatible: return 409;
    case errc::overloaded: return 503;
    case errc::storage_full: return 507;
    case errc::storage_failed: return 500;
    case errc::broken: return 500;
    case errc::corrupt: return 500;
    case errc::stopped: return 500;
    case errc::closed: return 503;
    case errc::timed_out: return 504;
  }
  return 500;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 507: return "Insufficient Storage";
    default: return "";
  }
}

response problem(const error& why) { return problem(status_of(why.code), why); }

response problem(unsigned status, const error& why) {
  const bool retryable = is_retryable(why.code);
  response made{.status = status,
                .body = documents::dump({{"type", "about:blank"},
                                         {"title", reason_of(status)},
                                         {"status", status},
                                         {"detail", why.message},
                                         {"error", to_string(why.code)},
                                         {"retryable", retryable}}),
                .content_type = "application/problem+json",
                .header = {}};
  if (asks_to_come_again(status)) made.with("retry-after", retry_after);
  return made;
}

}  // namespace millrace::service
