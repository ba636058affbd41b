/// Fewer and larger writes for the connection that writes.
#pragma once

namespace millrace::sqlite {

/// SQLite hands each page of a commit to the system by itself, and its header in the WAL before it.
/// This VFS stands in front of the system's own and joins writes of the WAL that follow each other,
/// up to 120 KiB. What it holds back is written
///  - before anything else is done with the WAL (read, flush, size, close), and
///  - with the page that ends a commit, which the WAL's header of that page says
///    (https://sqlite.org/fileformat2.html#walformat): before SQLite shows readers the commit.
/// So nobody ever looks for what is not there, and an error of the system reaches SQLite inside the
/// transaction that it belongs to: as that of a later write, of the flush, or of the last one.
/// Writes of the database, when a checkpoint copies pages back, go straight to the system: SQLite
/// shows them to readers without another call for that file while one of them needs the WAL.
///
/// The name for sqlite3_open_v2; null when it cannot be had, which stands for the system's own. Any
/// thread. It is registered once in a process, and never taken back.
[[nodiscard]] const char* joined_writes();

}  // namespace millrace::sqlite
