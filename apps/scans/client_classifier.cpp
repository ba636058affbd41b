#include "scans/client_classifier.hpp"

#include <algorithm>

namespace scans {

std::string_view client_of(std::string_view path) {
  constexpr std::string_view root = "/scans/";
  if (!path.starts_with(root)) return {};
  path.remove_prefix(root.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const auto folder = path.substr(0, slash);
  const auto word = folder.substr(0, folder.find('_'));
  const auto found = std::ranges::find(known_clients, word, &known_client::folder);
  return found == known_clients.end() ? std::string_view{} : found->name;
}

}  // namespace scans
