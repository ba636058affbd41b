/// One line of a dpkg log, read and written.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <dpkg-flows/events.pb.h>

#include "millrace/event.hpp"
#include "millrace/result.hpp"

namespace dpkg_flows {

using log_line =
    std::variant<DpkgStarted, PackageActionTaken, PackageStatusChanged, ConffileDecided>;

inline constexpr std::size_t line_size_max = 8192;

/// A line without its line break. Errors: invalid, with what is wrong with it in words. Strict:
/// what is accepted is written back by to_text byte for byte, so a line and its event are one and
/// the same.
[[nodiscard]] millrace::result<log_line> parse_line(std::string_view text);

/// The line that an event was made of.
[[nodiscard]] std::string to_text(const DpkgStarted& line);
[[nodiscard]] std::string to_text(const PackageActionTaken& line);
[[nodiscard]] std::string to_text(const PackageStatusChanged& line);
[[nodiscard]] std::string to_text(const ConffileDecided& line);
[[nodiscard]] std::string to_text(const log_line& line);

[[nodiscard]] const google::protobuf::Timestamp& logged_at(const log_line& line);
[[nodiscard]] millrace::new_event to_event(const log_line& line);

/// `libc6:amd64`, as in the log.
template <class E>
[[nodiscard]] std::string full_name(const E& event) {
  return event.architecture().empty() ? event.package()
                                      : event.package() + ':' + event.architecture();
}

/// The words of the log: `upgrade`, `half-configured`. Empty: not specified.
[[nodiscard]] std::string_view word_of(PackageAction action);
[[nodiscard]] std::string_view word_of(PackageStatus status);

}  // namespace dpkg_flows
