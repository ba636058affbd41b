#include "millrace/application.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <exception>

#include "cli/own_command.hpp"
#include "cli/parse.hpp"
#include "cli/signals.hpp"
#include "documents/text.hpp"
#include "millrace/admission.hpp"
#include "millrace/host.hpp"
#include "store/sqlite_store.hpp"

#ifndef MILLRACE_VERSION
#define MILLRACE_VERSION "unknown"
#endif

namespace millrace {

struct application::parts {
  std::string name;
  std::string description;
  interest_table::type_list types;
  std::vector<command> commands;
  lag_contracts agreed;
};

namespace {

using cli::exit_code;

using shared_store = std::shared_ptr<const store>;

result<shared_store> open_to_read(const std::filesystem::path& directory) {
  if (auto there = cli::require_store(directory); !there) return there.error();
  auto opened = open_sqlite_store(directory, open_mode::read_only);
  if (!opened) return opened.error();
  return shared_store{std::move(*opened)};
}

/// Whether there is anything that a store that was only begun does not have.
bool holds_other_files(const std::filesystem::path& directory) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator{directory, failed}) {
    const auto name = entry.path().filename().string();
    if (name != "lock" && !name.starts_with(store_file_name)) return true;
  }
  return static_cast<bool>(failed);
}

/// A new store is made in a directory that is new or empty, below one that is there: anything else
/// is a wrong path. True: there is none yet.
result<bool> may_be_made(const std::filesystem::path& directory) {
  std::error_code failed;
  if (!std::filesystem::exists(directory, failed)) {
    const auto parent = std::filesystem::absolute(directory, failed).parent_path();
    if (std::filesystem::is_directory(parent, failed)) return true;
    return error{errc::not_found, fmt::format("cannot make a store at {}: there is no directory {}",
                                              directory.string(), parent.string())};
  }
  if (auto there = cli::require_store(directory); !there) return there.error();
  auto present = open_to_read(directory);
  if (present || present.error().code != errc::not_found) return false;
  if (!holds_other_files(directory)) return true;
  return error{errc::not_found,
               fmt::format("{} holds other files and no store", directory.string())};
}

result<std::unique_ptr<host>> open_host(const cli::context& in, host_options options,
                                        bool may_create, const lag_contracts& agreed) {
  if (may_create) {
    auto is_new = may_be_made(in.store);
    if (!is_new) return is_new.error();
    if (*is_new && !in.json) {
      in.err.line(
          fmt::format("{}: making a new store at {}", in.program, cli::inert(in.store.string())));
    }
  } else if (auto present = open_to_read(in.store); !present) {
    return present.error();
  }
  options.store = in.store;
  auto made = std::make_unique<host>(std::move(options));
  for (const auto& type : in.types) {
    if (auto added = made->add(*type); !added) return added.error();
  }
  if (auto opened = made->open(); !opened) return opened.error();
  if (agreed.of_type.empty()) return made;
  if (auto done = agree_on_lag(*made, agreed); !done) return done.error();
  return made;
}

cli::grammar grammar_of(const std::string& name, const std::string& description,
                        const std::vector<application::command>& commands) {
  cli::grammar known{.program = name, .description = description};
  known.version = name == "millrace" ? fmt::format("millrace {}", MILLRACE_VERSION)
                                     : fmt::format("{} (millrace {})", name, MILLRACE_VERSION);
  for (const auto& own : commands) {
    known.own.push_back(
        {own.name, own.help, own.arguments, [&own](const auto& in, const auto& arguments) {
           return cli::run_own(in, own, arguments);
         }});
  }
  return known;
}

exit_code run_command(const cli::parsed& wanted, cli::context& in, const lag_contracts& agreed) {
  in.open_store = [&in] { return open_to_read(in.store); };
  in.open_host = [&](host_options options, bool may_create) {
    return open_host(in, std::move(options), may_create, agreed);
  };
  auto ended = wanted.command(in);
  if (ended) return *ended;
  in.complain(ended.error().message);
  return cli::exit_code_of(ended.error().code);
}

}  // namespace

application::application(std::string name, std::string description)
    : parts_(std::make_unique<parts>()) {
  parts_->name = std::move(name);
  parts_->description = std::move(description);
}

application::~application() = default;

application& application::add(flow_type type) {
  parts_->types.push_back(std::make_shared<const flow_type>(std::move(type)));
  return *this;
}

application& application::max_lag(const std::string& type, std::uint64_t events) {
  parts_->agreed.of_type[type] = events;
  return *this;
}

application& application::add(command further) {
  parts_->commands.push_back(std::move(further));
  return *this;
}

int application::exit_code(errc code) { return static_cast<int>(cli::exit_code_of(code)); }

int application::run(int argc, char** argv) {
  cli::ignore_broken_pipes();
  cli::output out{cli::writer_of(STDOUT_FILENO), cli::look_of(STDOUT_FILENO)};
  cli::output err{cli::writer_of(STDERR_FILENO), cli::look_of(STDERR_FILENO)};
  const auto complain = [&](std::string_view text) {
    out.flush();
    err.line(fmt::format("{}: {}", parts_->name, cli::inert(text)));
    return static_cast<int>(exit_code::failed);
  };
  try {
    const auto grammar = grammar_of(parts_->name, parts_->description, parts_->commands);
    const auto wanted = cli::parse(argc, argv, grammar);
    if (!wanted.command) {
      if (wanted.code != exit_code::done) complain(wanted.text);
      if (wanted.code == exit_code::done) out.line(wanted.text);
      return static_cast<int>(wanted.code);
    }
    auto known = known_types::of(parts_->types);
    if (!known) return complain(known.error().message);
    cli::context in{.program = parts_->name,
                    .store = wanted.store,
                    .json = wanted.json,
                    .types = parts_->types,
                    .known = **known,
                    .out = out,
                    .err = err,
                    .shows_progress = cli::look_of(STDERR_FILENO).width > 0,
                    .own = parts_->commands};
    const auto code = run_command(wanted, in, parts_->agreed);
    out.flush();
    if (out.failure() == 0) return static_cast<int>(code);
    return complain(fmt::format("the output cannot be written: {}", std::strerror(out.failure())));
  } catch (const std::exception& thrown) {
    return complain(thrown.what());
  } catch (...) {
    return complain("failed for a reason that was not given");
  }
}

}  // namespace millrace
