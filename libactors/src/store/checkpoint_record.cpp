#include "store/checkpoint_record.hpp"

#include <limits>

#include "store/varint.hpp"

namespace millrace {

void append_logged(std::string& row, const logged_checkpoint& added) {
  append_varint(row, static_cast<std::uint32_t>(added.flow));
  append_varint(row, added.record.size());
  row.append(added.record);
  append_varint(row, added.state ? added.state->size() + 1 : 0);
  if (added.state) row.append(*added.state);
}

bool take_logged(std::string_view& row, logged_checkpoint& taken) {
  std::uint64_t flow = 0;
  std::uint64_t size = 0;
  if (!take_varint(row, flow) || flow > std::numeric_limits<std::uint32_t>::max()) return false;
  taken.flow = static_cast<flow_number>(flow);
  if (!take_varint(row, size) || !take_bytes(row, size, taken.record)) return false;
  if (!take_varint(row, size)) return false;
  taken.state.reset();
  if (size == 0) return true;
  std::string_view state;
  if (!take_bytes(row, size - 1, state)) return false;
  taken.state = state;
  return true;
}

}  // namespace millrace
