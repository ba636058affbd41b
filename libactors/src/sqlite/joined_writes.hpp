/// Fewer and larger writes for the connection that writes.
#pragma once

namespace millrace::sqlite {

/// SQLite hands each page of a commit to the system by itself, and its header in the WAL before it.
/// This VFS stands in front of the system's own and joins writes of the WAL that follow each other,
/// up to 120 KiB. What it holds back is written
///  - before anything else is done with that file (read, flush, size, close), and
///  - with the page that ends a commit, which the WAL's header of that page says
///    (https://sqlite.org/fileformat2.html#walformat): before SQLite shows readers the commit.
/// Those of the database, when a checkpoint copies pages back, are left as they are: SQLite tells
/// readers of them without another call for that file, when one of them still needs the WAL.
/// So nobody ever looks for what is not there, and an error of the system reaches SQLite inside the
/// transaction that it belongs to: as that of a later write, of the flush, or of the last one.
///
/// The name for sqlite3_open_v2; null when it cannot be had, which stands for the system's own. Any
/// thread. It is registered once in a process, and never taken back.
[[nodiscard]] const char* joined_writes();

}  // namespace millrace::sqlite
