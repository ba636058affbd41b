#include "documents/done.hpp"

namespace millrace::documents {

std::string appended_line(position at, bool repeated) {
  return dump({{"position", at.value}, {"repeated", repeated}});
}

std::string repaired_line(const std::string& flow, std::string_view repair,
                          std::optional<position> at) {
  return dump({{"flow", flow}, {"repair", repair}, {"position", number_or_null(at)}});
}

std::string retried_line(std::size_t flows) {
  return dump({{"repair", "retry"}, {"flows", flows}});
}

std::string reset_line(const std::string& flow, bool accept_history) {
  return dump({{"flow", flow}, {"repair", "reset"}, {"accept_history", accept_history}});
}

std::string reset_line(const std::string& type, bool accept_history, std::size_t flows) {
  return dump(
      {{"type", type}, {"repair", "reset"}, {"accept_history", accept_history}, {"flows", flows}});
}

std::string switched_line(const std::string& type, const switch_report& of, bool dry_run) {
  return dump({{"type", type},
               {"dry_run", dry_run},
               {"former", of.former},
               {"served", of.served},
               {"version", of.version},
               {"dropped", of.dropped}});
}

std::string adopted_line(const std::string& type, bool dry_run, const adoption& of) {
  return dump({{"adopted", type},
               {"dry_run", dry_run},
               {"flows", of.flows},
               {"timers", of.activated},
               {"overdue", of.overdue}});
}

}  // namespace millrace::documents
