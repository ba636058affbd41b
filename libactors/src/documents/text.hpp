/// Text that is safe to show: names and payloads come from anybody, and a terminal obeys what it
/// reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::documents {

/// Control characters, marks that reorder text and bytes that are not UTF-8, written out
/// (`\n`, `\x1b`, `\u202e`); everything else stays.
[[nodiscard]] std::string inert(std::string_view text);

/// The same for a line of JSON, as JSON escapes: its value does not change. Line breaks between
/// tokens become spaces.
[[nodiscard]] std::string inert_json(std::string_view line);

/// Columns on a terminal: code points, combining marks not counted.
[[nodiscard]] std::size_t shown_width(std::string_view text);

/// At most `width` columns, ending with `…` when something was cut. 0: no limit.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);

/// `1,234,567`.
[[nodiscard]] std::string grouped(std::uint64_t number);

/// `1 event`, `2 events`; the plural is the word with an s.
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view word);

/// Those of `names` that somebody who typed `wanted` may have meant, the nearest first, at most
/// three.
[[nodiscard]] std::vector<std::string> near_names(std::string_view wanted,
                                                  const std::vector<std::string>& names);

/// A word as a shell takes it: in quotes when it needs them.
[[nodiscard]] std::string shell_quoted(std::string_view word);

/// Decimal digits only, no leading zeros; none: not such a number.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace millrace::documents
