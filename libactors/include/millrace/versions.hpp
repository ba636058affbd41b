/// Results of several versions of a query: compared, and switched. docs/guide/versions.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "millrace/types.hpp"

namespace millrace {

struct switch_options {
  bool drop_old = false;  ///< former results are deleted, in the background
};

/// What a switch came to.
struct switch_report {
  std::uint32_t former = 0;   ///< build that was served
  std::uint32_t served = 0;   ///< build that is served now
  std::uint32_t version = 0;  ///< of the flow type, of the latter
  std::size_t dropped = 0;    ///< builds
};

struct compare_options {
  std::size_t examples = 10;  ///< instances that are told of each kind, the first in byte order
};

/// One of the two results.
struct compared_result {
  std::uint32_t build = 0;
  std::uint32_t version = 0;  ///< of the flow type
  bool served = false;
  bool frozen = false;          ///< nobody folds it any more
  bool known = false;           ///< this program has the code of that version
  position until;               ///< events before this one were routed to it
  std::uint64_t instances = 0;  ///< that live there
  std::uint64_t alone = 0;      ///< of them: that do not live in the other result
};

enum class instance_difference {
  former_only,  ///< lives in the former result
  newer_only,   ///< lives in the newer one
  differs,      ///< lives in both, in different states
  untold,       ///< `why` says what keeps it from being compared
};

/// One instance that is not equal in both results.
struct compared_instance {
  std::string key;
  instance_difference kind = instance_difference::differs;
  std::string why;
  position at;                      ///< both states are as they were after this event
  std::vector<std::string> fields;  ///< paths of those that differ: `total`, `lines.price`
  /// The states: JSON, or, by number, what Protobuf's text format makes of the bytes. None: it does
  /// not live there, is over 64 KiB, or was not compared.
  std::optional<std::string> former, newer;
};

/// Two results of one query, both as they were after the same event. Each instance is counted once:
/// as alone, equal, differing or untold.
struct result_comparison {
  std::string type;
  /// The last event that both have been given. None: one of them has been given none yet.
  std::optional<position> at;
  compared_result former, newer;
  std::uint64_t equal = 0;
  std::uint64_t differing = 0;
  std::uint64_t untold = 0;
  /// Of the compared ones: at an earlier event than `at`, where the state was saved that no code
  /// here can bring on.
  std::uint64_t earlier = 0;
  /// In how many instances a field differs, by path. The first 1,000 paths; `...` stands for more.
  std::map<std::string, std::uint64_t> fields;
  /// This program does not have the message of both states: fields are known by their numbers.
  bool by_number = false;
  std::vector<compared_instance> examples;  ///< in byte order of keys
};

}  // namespace millrace
