#include "host/reset_type.hpp"

#include <fmt/format.h>

namespace millrace {

result<std::size_t> reset_type(host& over, const std::string& type, reset_options options,
                               const progress_teller& tell) {
  std::vector<flow_key> keys;
  auto listed = over.flows(
      [&](const flow_summary& one) {
        if (one.key.text() != type) keys.push_back(one.key);
      },
      type);
  if (!listed) return listed.error();
  if (keys.empty()) return error{errc::not_found, "there is no flow of the type " + type};
  for (std::size_t done = 0; done < keys.size(); ++done) {
    if (tell) tell(done, keys.size());
    auto begun = over.reset(keys[done], options);
    if (begun) continue;
    return error{begun.error().code,
                 fmt::format("{} of {} flows begin anew; {}: {}", done, keys.size(),
                             keys[done].text(), begun.error().message)};
  }
  return keys.size();
}

}  // namespace millrace
