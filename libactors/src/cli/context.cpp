#include "cli/context.hpp"

#include <fmt/format.h>

#include "documents/text.hpp"

namespace millrace::cli {

void context::complain(std::string_view text) const {
  out.flush();
  err.line(err.paint(colour::red, program + ": ") + inert(text));
  err.flush();
}

void context::warn(std::string_view text) const {
  out.flush();
  err.line(err.paint(colour::yellow, program + ": warning: ") + inert(text));
  err.flush();
}

progress context::long_work(std::string what) const {
  return progress{std::move(what), shows_progress, err.width()};
}

result<overview> context::look(const millrace::store& at,
                               std::optional<overview::watch> watched) const {
  progress bar = long_work("routing");
  return overview::of(at, known, std::move(watched),
                      [&](std::uint64_t done, std::uint64_t total) { bar.tell(done, total); });
}

documents::source context::source_of(const millrace::store& at) const {
  return {.from = at, .known = known, .look = [this, &at](std::optional<overview::watch> watched) {
            return look(at, std::move(watched));
          }};
}

result<void> require_store(const std::filesystem::path& directory) {
  std::error_code failed;
  const auto kind = std::filesystem::status(directory, failed).type();
  if (kind == std::filesystem::file_type::directory) return {};
  if (kind == std::filesystem::file_type::not_found) {
    return error{errc::not_found, fmt::format("there is no store at {}; name one with --store PATH",
                                              directory.string())};
  }
  if (kind == std::filesystem::file_type::none || kind == std::filesystem::file_type::unknown) {
    return error{errc::not_found,
                 fmt::format("cannot look at {}: {}", directory.string(), failed.message())};
  }
  return error{errc::not_found,
               fmt::format("{} is no store: a store is a directory", directory.string())};
}

}  // namespace millrace::cli
