/// What the program of a run consists of: it changes from one start to the next.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "faults.hpp"
#include "millrace/host_test.hpp"
#include "scans/expected.hpp"
#include "scans/generator.hpp"

namespace millrace::simulation {

/// Flow types: some are there from the start, some come late; queries and a topic get other
/// versions, older ones too, and of queries sometimes two at once. Seeded; one thread.
class program {
 public:
  /// The `bugs` outlive it.
  program(std::uint64_t seed, faults& bugs);

  /// Hands over what is in the program, with its bugs.
  void install(host_test& into) const;
  /// Another program comes; the timeline ends at `tail`. False: it is as it was.
  bool change(position tail);

  /// All that it has, without bugs.
  [[nodiscard]] std::vector<flow_type> hosted() const;
  /// The newest version of each type.
  [[nodiscard]] std::vector<flow_type> newest() const;
  /// The same, but of this type that version, which may have been there before.
  [[nodiscard]] std::vector<flow_type> with(std::string_view name, std::uint32_t version) const;
  [[nodiscard]] std::uint32_t newest_version(std::string_view name) const;
  /// Queries that have several.
  static constexpr std::array<std::string_view, 2> with_versions{"ImageLedger", "Chronicle"};
  /// These, and a topic.
  [[nodiscard]] static bool has_versions(std::string_view name);
  /// Where topics begin that do not see all of history.
  [[nodiscard]] const scans::beginnings& since() const { return since_; }

 private:
  using maker = flow_type (*)(int version);
  struct part {
    flow_type type;            ///< of the first version
    maker versions = nullptr;  ///< null: it has one
    std::set<int> hosted;      ///< none: not yet
  };
  void add(flow_type type, maker versions = nullptr);
  void add_to_program(part& one, position tail);
  [[nodiscard]] static flow_type made(const part& of, int version);

  scans::dice dice_;
  faults& bugs_;
  std::vector<part> parts_;
  scans::beginnings since_;
};

}  // namespace millrace::simulation
