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
  `
  -- Commands have parts and attempts: each row that proves one is found by its guid, and what time alone changes by the
  -- moment at which it does.
  DROP INDEX commands_open;
  DROP INDEX commands_unknown;
  ALTER TABLE commands RENAME TO commands_before;
  CREATE TABLE commands (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    chat TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    is_awaited INTEGER NOT NULL,
    is_reply INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    wake_at INTEGER,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX commands_open ON commands (state, is_reply DESC) WHERE is_open = 1;
  CREATE INDEX commands_due ON commands (wake_at) WHERE is_open = 1;
  CREATE INDEX commands_awaited ON commands (is_open) WHERE is_awaited = 1;
  CREATE INDEX commands_by_chat ON commands (chat, created_at);
  CREATE TABLE command_rows (
    guid TEXT PRIMARY KEY,
    command_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  INSERT INTO command_rows (guid, command_id)
    SELECT body ->> '$.proof.guid', id FROM commands_before WHERE body ->> '$.proof.guid' IS NOT NULL;
  INSERT INTO commands (id, state, chat, is_open, is_awaited, is_reply, due_at, wake_at, created_at, body)
    SELECT id, state,
      CASE body ->> '$.target.to' WHEN 'chat' THEN body ->> '$.target.chat'
        ELSE 'direct:' || (body ->> '$.target.handle') END,
      is_open, state IN ('sending', 'dispatched', 'unknown') AND body ->> '$.proof.guid' IS NULL, 0, created_at, 0, created_at,
      json_object(
        'id', id, 'target', body -> '$.target', 'line', body -> '$.line', 'service', 'auto',
        'fallback', NULL, 'isReply', json('false'), 'metadata', NULL, 'notBefore', NULL,
        'createdAt', created_at, 'updatedAt', body -> '$.updatedAt', 'expiresAt', body -> '$.expiresAt',
        'suspectedDuplicateOf', body -> '$.suspectedDuplicateOf', 'state', body -> '$.state',
        'acceptedWith', json('{"name":"queued"}'),
        'hold', CASE state WHEN 'expired' THEN body -> '$.state' ELSE json('{"name":"queued"}') END,
        'parts', json_array(json_object(
          'content', json_object('kind', 'text', 'text', body ->> '$.text'),
          'fallbackAt', NULL,
          'attempts', CASE WHEN state IN ('queued', 'expired') THEN json('[]') ELSE json_array(json_object(
            'startedAt', COALESCE(body ->> '$.state.since', created_at),
            'watermark', COALESCE(body ->> '$.state.watermark', 0),
            'isKnown', json('false'), 'service', NULL, 'state', body -> '$.state',
            'elsewhere', NULL, 'resolvedAs', NULL,
            'proof', CASE WHEN body ->> '$.proof.guid' IS NULL THEN NULL ELSE json_object(
              'guid', body ->> '$.proof.guid', 'rowId', body ->> '$.proof.rowId', 'service', '',
              'isDowngraded', json('false')) END)) END)))
    FROM commands_before ORDER BY rowid;
  DROP TABLE commands_before;

  -- Commands without a key of their own whose answer may not have reached the client.
  CREATE TABLE unanswered (
    command_id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    made_from TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX uploads_made_from ON uploads (made_from) WHERE made_from IS NOT NULL;
  -- Which command needs which upload. What was staged for it outlives it for a while: Messages sends a file of its own
  -- folder in place, and reads it later than the script ends.
  CREATE TABLE upload_uses (
    upload_id TEXT NOT NULL,
    command_id TEXT NOT NULL,
    folder TEXT,
    since INTEGER NOT NULL,
    release_at INTEGER,
    PRIMARY KEY (upload_id, command_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE contact_card_shares (
    chat TEXT PRIMARY KEY,
    command_id TEXT NOT NULL,
    shared_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- The guard's ledger: one row per message, either way, for as long as the store lives, whatever Messages deletes.
  CREATE TABLE ledger_contacts (
    id INTEGER PRIMARY KEY,
    chat TEXT NOT NULL UNIQUE,
    first_in_at INTEGER,
    last_in_at INTEGER,
    window_at INTEGER,
    first_out_at INTEGER,
    last_out_at INTEGER,
    keyword_at INTEGER,
    opted_out INTEGER NOT NULL DEFAULT 0,
    is_spam INTEGER NOT NULL DEFAULT 0,
    time_zone TEXT
  ) STRICT;
  CREATE INDEX ledger_contacts_in ON ledger_contacts (first_in_at, is_spam);
  CREATE INDEX ledger_contacts_out ON ledger_contacts (last_out_at, first_out_at, last_in_at);

  -- sort: -1 inbound that came late, 0 inbound, 1 reply, 2 reach-out, 3 new conversation.
  CREATE TABLE ledger_facts (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE,
    contact INTEGER NOT NULL,
    at INTEGER NOT NULL,
    is_out INTEGER NOT NULL,
    sort INTEGER NOT NULL,
    family INTEGER NOT NULL,
    error INTEGER NOT NULL,
    delivered_at INTEGER,
    was_quiet INTEGER NOT NULL,
    is_ours INTEGER NOT NULL,
    text_digest INTEGER,
    keyword INTEGER,
    is_spam INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ledger_facts_time ON ledger_facts (family, is_out, at, sort, error);
  CREATE INDEX ledger_facts_contact ON ledger_facts (contact, is_out, at, sort);

  CREATE TABLE ledger_hours (
    family INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    inbound INTEGER NOT NULL,
    replies INTEGER NOT NULL,
    reach_outs INTEGER NOT NULL,
    new_conversations INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (family, hour)
  ) STRICT, WITHOUT ROWID;

  -- Who got which text when last; only of the last days.
  CREATE TABLE ledger_texts (
    digest INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (digest, contact)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_texts_time ON ledger_texts (digest, last_at);
  CREATE INDEX ledger_texts_age ON ledger_texts (last_at);

  CREATE TABLE ledger_reservations (
    id TEXT PRIMARY KEY,
    contact INTEGER NOT NULL,
    sort INTEGER NOT NULL,
    family INTEGER NOT NULL,
    bubbles INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    text_digest INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_reservations_contact ON ledger_reservations (contact);

  CREATE TABLE ledger_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    digest_key BLOB NOT NULL,
    seed_phase TEXT NOT NULL DEFAULT 'recent',
    seeded_to INTEGER NOT NULL DEFAULT 0,
    seed_end INTEGER,
    last_seen_at INTEGER,
    messaged_contacts INTEGER NOT NULL DEFAULT 0,
    answering_contacts INTEGER NOT NULL DEFAULT 0,
    counted_at INTEGER
  ) STRICT;

  CREATE TABLE guard_line (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    paused_at INTEGER,
    paused_reason TEXT,
    flagged_at INTEGER,
    flagged_reason TEXT,
    is_offline INTEGER NOT NULL DEFAULT 0,
    reputation TEXT NOT NULL DEFAULT 'healthy',
    held_until INTEGER,
    ramp_from INTEGER
  ) STRICT;
  CREATE TABLE guard_marks (rule TEXT PRIMARY KEY, percent INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE guard_reports (at INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  `,
  `
  -- What commands say to the guard, which those of before never were.
  UPDATE commands
    SET body = json_set(body, '$.optIn', NULL, '$.onLimit', 'reject', '$.warnings', json('[]'));
  `,
  `
  ALTER TABLE api_keys ADD COLUMN sandbox INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE sandbox (id INTEGER PRIMARY KEY CHECK (id = 1), code TEXT NOT NULL) STRICT;
  CREATE TABLE sandbox_contacts (
    handle TEXT PRIMARY KEY,
    activated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Days of UTC, counted from 1970.
  CREATE TABLE sandbox_days (day INTEGER PRIMARY KEY, sends INTEGER NOT NULL) STRICT;

  -- How far the line's own card is with each contact who has written: for good, so that nobody gets it twice.
  CREATE TABLE contact_card_offers (
    chat TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX contact_card_offers_due ON contact_card_offers (state) WHERE state IN ('due', 'sending');
  `,
  `
  CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    secrets TEXT NOT NULL,
    record TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What is to be delivered, and the log of what was. The events themselves stand in the journal; notice holds those of
  -- which there is no journal.
  CREATE TABLE webhook_deliveries (
    webhook_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    lane TEXT NOT NULL,
    state TEXT NOT NULL,
    step INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    first_at INTEGER,
    attempts TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    notice TEXT,
    PRIMARY KEY (webhook_id, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webhook_deliveries_state ON webhook_deliveries (webhook_id, state, sequence);
  CREATE INDEX webhook_deliveries_past ON webhook_deliveries (updated_at) WHERE state <> 'pending';
  `,
  `
  -- Of rows that were told from a database whose place another has taken: it may come back.
  CREATE TABLE capture_former_guids (
    guid TEXT PRIMARY KEY,
    told_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Chunks of 64 rows instead of 256: a blob of that size lies in its row's own page.
  CREATE TEMP TABLE quarters AS
    SELECT source, chunk * 4 + quarter.value AS chunk, substr(prints, quarter.value * 512 + 1, 512) AS prints
    FROM capture_prints, json_each('[0, 1, 2, 3]') AS quarter
    WHERE length(prints) > quarter.value * 512;
  DELETE FROM capture_prints;
  INSERT INTO capture_prints (source, chunk, prints) SELECT source, chunk, prints FROM quarters;
  DROP TABLE quarters;
  `,
];
