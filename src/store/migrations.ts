/**
 * The store's schema, step by step; `user_version` counts the steps taken. Forward only: a step that has been
 * released is never edited, a new one is added.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- AUTOINCREMENT: a sequence is never used again, even after retention removed the newest rows.
  CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    line_id TEXT,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE subscribers (
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE capture_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    row_id INTEGER NOT NULL,
    row_guid TEXT,
    chat_row_id INTEGER NOT NULL,
    database_id TEXT
  ) STRICT;
  CREATE TABLE capture_rows (
    row_id INTEGER PRIMARY KEY,
    guid TEXT NOT NULL,
    told_at INTEGER,
    state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE capture_pending (
    row_id INTEGER PRIMARY KEY,
    since INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE commands (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    proof_row_id INTEGER UNIQUE,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX commands_open ON commands (is_open) WHERE is_open = 1;
  CREATE INDEX commands_unknown ON commands (state) WHERE state = 'unknown' AND is_open = 0;
  CREATE TABLE idempotency (
    key_id TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    command_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    lines TEXT,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Which row a public id stands for: ids are hashes, so they are found by a table that is filled from chat.db as far
  -- as it has been needed. A row number is only a hint (Messages renumbers): what stands there is hashed again.
  CREATE TABLE known_ids (
    id TEXT PRIMARY KEY,
    row_id INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE known_ids_scans (
    kind TEXT PRIMARY KEY,
    row_id INTEGER NOT NULL,
    row_guid TEXT,
    database_id TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The cursor as one JSON value: it grows with what is followed.
  DROP TABLE capture_cursor;
  CREATE TABLE capture_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL
  ) STRICT;
  -- What every row of chat.db said when it was last looked at, eight bytes each, 256 rows to a chunk.
  CREATE TABLE capture_prints (
    source TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    prints BLOB NOT NULL,
    PRIMARY KEY (source, chunk)
  ) STRICT, WITHOUT ROWID;
  -- The guids of rows from before the first start, sixteen bytes each: what is left of a row when it is deleted.
  CREATE TABLE capture_guids (
    chunk INTEGER PRIMARY KEY,
    guids BLOB NOT NULL
  ) STRICT;
  `,
];
