#include "service/page_answers.hpp"

#include <string>

#include "service/url.hpp"

namespace millrace::service {
namespace {

constexpr const char* policy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace

const built_page::file* page_file(const request& asked) {
  if (asked.method != "GET" && asked.method != "HEAD") return nullptr;
  const auto where = parse_url(asked.target);
  if (!where) return nullptr;
  std::string path;
  for (const auto& segment : where->path) {
    if (!path.empty()) path += '/';
    path += segment;
  }
  return built_page::find(path.empty() ? "index.html" : path);
}

response answer_of(const built_page::file& file, const request& asked) {
  const bool compressed =
      !file.compressed.empty() &&
      asked.header_of("accept-encoding").value_or("").find("gzip") != std::string_view::npos;
  std::string tag{"\""};
  tag.append(file.hash).append(compressed ? "-gz\"" : "\"");
  response made;
  made.content_type = file.media_type;
  made.with("etag", tag)
      .with("vary", "accept-encoding")
      .with("content-security-policy", policy)
      .with("cross-origin-opener-policy", "same-origin")
      .with("cache-control",
            file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  const auto known = asked.header_of("if-none-match").value_or("");
  if (known == "*" || known.find(tag) != known.npos) {
    made.status = 304;
    return made;
  }
  if (compressed) made.with("content-encoding", "gzip");
  made.body = compressed ? file.compressed : file.plain;
  return made;
}

}  // namespace millrace::service
