import { z } from 'zod';
import { ATTEMPT_ERRORS, WEBHOOK_PROFILES } from '../contract/index.ts';
import { instant, sequence, type Instant, type Sequence } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import type { Endpoint, EndpointRecord, EndpointSettings, EndpointState, Secrets } from './endpoint.ts';

const moment = z.int().transform(instant);
const position = z.int().transform(sequence);

const settingsSchema = z.object({
  url: z.string(),
  profile: z.enum(WEBHOOK_PROFILES),
  events: z.array(z.string()).nullable(),
  lines: z.array(z.string()).nullable(),
  includeBackfilled: z.boolean(),
  description: z.string().nullable(),
});
const stateSchema = z.discriminatedUnion('name', [
  z.object({ name: z.literal('active') }),
  z.object({ name: z.literal('paused'), since: moment }),
  z.object({ name: z.literal('disabled'), since: moment, reason: z.enum(['gone', 'failing']) }),
]);
const secretsSchema = z.object({
  current: z.string(),
  previous: z.object({ secret: z.string(), until: moment }).nullable(),
});
const recordSchema = z.object({
  lastSuccessAt: moment.nullable(),
  failingSince: moment.nullable(),
  lastError: z.enum(ATTEMPT_ERRORS).nullable(),
  holdUntil: moment.nullable(),
  lastGap: z.object({ from: position, to: position, at: moment }).nullable(),
});

interface Row {
  readonly id: string;
  readonly settings: string;
  readonly state: string;
  readonly secrets: string;
  readonly record: string;
  readonly cursor: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The endpoints in the store. The secrets stand there in plain, as signing needs them; the file is readable by its user alone. */
export interface EndpointStore {
  insert(endpoint: Endpoint): void;
  /** Oldest first. */
  all(): readonly Endpoint[];
  saveSettings(id: string, settings: EndpointSettings, at: Instant): void;
  saveState(id: string, state: EndpointState, at: Instant): void;
  saveSecrets(id: string, secrets: Secrets, at: Instant): void;
  saveRecord(id: string, record: EndpointRecord): void;
  saveCursor(id: string, cursor: Sequence): void;
  remove(id: string): void;
}

export function createEndpointStore({ db }: Store): EndpointStore {
  const insert = db.prepare<[string, string, string, string, string, number, number, number]>(
    `INSERT INTO webhooks (id, settings, state, secrets, record, cursor, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const all = db.prepare<[], Row>('SELECT * FROM webhooks ORDER BY created_at, id');
  const settings = db.prepare<[string, number, string]>(
    'UPDATE webhooks SET settings = ?, updated_at = ? WHERE id = ?',
  );
  const state = db.prepare<[string, number, string]>(
    'UPDATE webhooks SET state = ?, updated_at = ? WHERE id = ?',
  );
  const secrets = db.prepare<[string, number, string]>(
    'UPDATE webhooks SET secrets = ?, updated_at = ? WHERE id = ?',
  );
  const record = db.prepare<[string, string]>('UPDATE webhooks SET record = ? WHERE id = ?');
  const cursor = db.prepare<[number, string]>('UPDATE webhooks SET cursor = ? WHERE id = ?');
  const remove = db.prepare<[string]>('DELETE FROM webhooks WHERE id = ?');
  const text = (value: object) => JSON.stringify(value);
  return {
    insert: (endpoint) =>
      void insert.run(
        endpoint.id,
        text(endpoint.settings),
        text(endpoint.state),
        text(endpoint.secrets),
        text(endpoint.record),
        endpoint.cursor,
        endpoint.createdAt,
        endpoint.updatedAt,
      ),
    all: () => all.all().map(toEndpoint),
    saveSettings: (id, value, at) => void settings.run(text(value), at, id),
    saveState: (id, value, at) => void state.run(text(value), at, id),
    saveSecrets: (id, value, at) => void secrets.run(text(value), at, id),
    saveRecord: (id, value) => void record.run(text(value), id),
    saveCursor: (id, value) => void cursor.run(value, id),
    remove: (id) => void remove.run(id),
  };
}

function toEndpoint(row: Row): Endpoint {
  return {
    id: row.id,
    settings: settingsSchema.parse(JSON.parse(row.settings)),
    state: stateSchema.parse(JSON.parse(row.state)),
    secrets: secretsSchema.parse(JSON.parse(row.secrets)),
    record: recordSchema.parse(JSON.parse(row.record)),
    cursor: sequence(row.cursor),
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
  };
}
