#include "cli/question.hpp"

#include <unistd.h>

#include <iostream>

namespace millrace::cli {

std::optional<std::string> ask(const context& in, std::string_view question) {
  if (in.json || !in.shows_progress || isatty(STDIN_FILENO) == 0) return std::nullopt;
  in.out.flush();
  in.err.flush();
  writer_of(STDERR_FILENO)(std::string{question} + ' ');
  std::string said;
  if (!std::getline(std::cin, said)) return std::nullopt;
  return said;
}

}  // namespace millrace::cli
