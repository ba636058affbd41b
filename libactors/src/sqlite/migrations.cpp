#include "sqlite/migrations.hpp"

#include <fmt/format.h>

namespace millrace::sqlite {

namespace {

// Of an empty file: 0. Otherwise the version of a file that is ours and not too new.
result<std::int64_t> version_of(connection& database, const schema& target) {
  auto id = database.query_integer("PRAGMA application_id");
  if (!id) return id.error();
  auto objects = database.query_integer("SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects.error();
  auto version = database.query_integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*id == 0 && *objects == 0) return std::int64_t{0};
  if (*id != target.application_id) {
    return error{errc::invalid, "the file is a database of another program, not a millrace store"};
  }
  const auto known = static_cast<std::int64_t>(target.steps.size());
  if (*version > known) {
    return error{errc::newer_schema,
                 fmt::format("the store has schema {}, and this millrace knows schemas up to {}: "
                             "use a newer millrace",
                             *version, known)};
  }
  return *version;
}

result<void> take_step(connection& writer, const schema& target, std::size_t from) {
  auto change = transaction::begin(writer, role::writer);
  if (!change) return change.error();
  if (auto done = writer.execute(target.steps[from]); !done) return done;
  const std::string mark = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                       target.application_id, from + 1);
  if (auto done = writer.execute(mark.c_str()); !done) return done;
  return change->commit();
}

}  // namespace

result<void> migrate(connection& writer, const schema& target) {
  auto version = version_of(writer, target);
  if (!version) return version.error();
  if (auto done = writer.use_wal(); !done) return done;
  for (auto from = static_cast<std::size_t>(*version); from < target.steps.size(); ++from) {
    if (auto done = take_step(writer, target, from); !done) return done;
  }
  return {};
}

result<void> require_current(connection& reader, const schema& target) {
  auto version = version_of(reader, target);
  if (!version) return version.error();
  const auto newest = static_cast<std::int64_t>(target.steps.size());
  if (*version == newest) return {};
  if (*version == 0) return error{errc::not_found, "the store is empty: nothing was ever written"};
  return error{errc::incompatible,
               fmt::format("the store has schema {}, older than {}: open it once with a command "
                           "that writes",
                           *version, newest)};
}

}  // namespace millrace::sqlite
