#include "store/sqlite_schema.hpp"

namespace millrace {

namespace {

// Columns that are updated or searched come before blobs, so that finding them reads no overflow
// page. Names and keys are blobs: any bytes are valid, and they compare by bytes.
constexpr const char* step_1 = R"sql(
-- docs/formats/timeline.md
CREATE TABLE event_types (
  id INTEGER PRIMARY KEY,
  name BLOB NOT NULL UNIQUE
);
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  type INTEGER NOT NULL,
  time INTEGER NOT NULL,
  payload BLOB NOT NULL,
  envelope BLOB
);
CREATE TABLE recent_ids (
  position INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  id BLOB NOT NULL
);
-- docs/formats/schedule.md
CREATE TABLE schedule (
  position INTEGER PRIMARY KEY,
  due INTEGER NOT NULL,
  type BLOB NOT NULL,
  flow BLOB,
  set_by INTEGER
);
CREATE INDEX schedule_by_due ON schedule (due, position);
CREATE INDEX schedule_by_flow ON schedule (flow, position) WHERE flow IS NOT NULL;
-- docs/formats/checkpoint.md and postings.md
CREATE TABLE flows (
  number INTEGER PRIMARY KEY,
  born INTEGER NOT NULL,
  latest INTEGER,
  postings INTEGER NOT NULL DEFAULT 0,
  checkpoint INTEGER NOT NULL DEFAULT -1,
  stopped INTEGER NOT NULL DEFAULT 0,
  key BLOB NOT NULL UNIQUE,
  record BLOB,
  tail BLOB
);
CREATE INDEX flows_pending ON flows (stopped) WHERE latest > checkpoint AND stopped = 0;
CREATE TABLE states (
  flow INTEGER PRIMARY KEY,
  state BLOB NOT NULL
);
CREATE TABLE posting_blocks (
  number INTEGER PRIMARY KEY,
  flow INTEGER NOT NULL,
  last INTEGER NOT NULL,
  block BLOB NOT NULL
);
CREATE UNIQUE INDEX posting_blocks_by_flow ON posting_blocks (flow, last);
CREATE TABLE checkpoint_log (
  seq INTEGER PRIMARY KEY,
  records BLOB NOT NULL
);
CREATE TABLE flow_types (
  name BLOB PRIMARY KEY,
  record BLOB NOT NULL
) WITHOUT ROWID;
-- docs/formats/effects.md
CREATE TABLE effect_blocks (
  number INTEGER PRIMARY KEY,
  pairs BLOB NOT NULL
);
CREATE TABLE progress (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO progress VALUES ('routed', 0), ('folded', 0);
)sql";

// Builds of flow types (docs/formats/builds.md), inert timers. A record of a flow type is a
// Protobuf message, and what is appended to one sets its fields: build 1, served.
constexpr const char* step_2 = R"sql(
CREATE TABLE flows_2 (
  number INTEGER PRIMARY KEY,
  born INTEGER,
  latest INTEGER,
  postings INTEGER NOT NULL DEFAULT 0,
  checkpoint INTEGER NOT NULL DEFAULT -1,
  stopped INTEGER NOT NULL DEFAULT 0,
  build INTEGER NOT NULL DEFAULT 1,
  key BLOB NOT NULL,
  record BLOB,
  tail BLOB,
  UNIQUE (key, build)
);
INSERT INTO flows_2 (number, born, latest, postings, checkpoint, stopped, key, record, tail)
  SELECT number, born, latest, postings, checkpoint, stopped, key, record, tail FROM flows;
DROP TABLE flows;
ALTER TABLE flows_2 RENAME TO flows;
CREATE INDEX flows_pending ON flows (stopped) WHERE latest > checkpoint AND stopped = 0;
CREATE TABLE flow_types_2 (
  name BLOB NOT NULL,
  build INTEGER NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (name, build)
) WITHOUT ROWID;
INSERT INTO flow_types_2 SELECT name, 1, CAST(record || x'58016001' AS BLOB) FROM flow_types;
DROP TABLE flow_types;
ALTER TABLE flow_types_2 RENAME TO flow_types;
ALTER TABLE schedule ADD COLUMN inert INTEGER NOT NULL DEFAULT 0;
-- docs/formats/imports.md
CREATE TABLE imports (
  number INTEGER PRIMARY KEY,
  record BLOB NOT NULL
);
CREATE INDEX schedule_active ON schedule (due, position) WHERE inert = 0;
)sql";

// Dropped builds whose flows are not deleted yet; the first flow number that was never given.
constexpr const char* step_3 = R"sql(
CREATE TABLE dropped_builds (
  name BLOB NOT NULL,
  build INTEGER NOT NULL,
  PRIMARY KEY (name, build)
) WITHOUT ROWID;
INSERT INTO progress VALUES ('numbers', 0);
)sql";

// What a flow is: its index of pending ones is not touched when more comes for one of them.
constexpr const char* step_4 = R"sql(
DROP INDEX flows_pending;
ALTER TABLE flows RENAME COLUMN stopped TO status;
UPDATE flows SET status = 2 WHERE latest > checkpoint AND status = 0;
CREATE INDEX flows_pending ON flows (status) WHERE status = 2;
)sql";

constexpr const char* steps[] = {step_1, step_2, step_3, step_4};

}  // namespace

sqlite::schema store_schema() {
  return {.application_id = 0x6d696c6c, .steps = steps};  // "mill"
}

}  // namespace millrace
