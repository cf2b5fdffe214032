import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { vi } from 'vitest';
import { KIM } from '../../test/support/message.ts';
import { sequence } from '../domain/index.ts';
import { createJournal, type Journal } from '../events/index.ts';
import { createMessagesSource } from '../messages-db/index.ts';
import { createLogger, systemClock } from '../runtime/index.ts';
import { ChatDbWriter, createChatDb, type ChatPlace } from '../simulator/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createCaptureStore } from './capture-store.ts';
import { createCapture, type Capture, type CaptureStatus } from './capture.ts';
import type { ModeChoice } from './protocol.ts';

export interface ToldEvent {
  readonly type: string;
  readonly data: {
    readonly guid?: string;
    readonly text?: string;
    readonly chat_resolved?: string;
    readonly reason?: string;
    readonly message_guid?: string;
  };
}

export const LINE = '+15559990000';

/** Awaits a condition, with a deadline that a busy machine keeps. */
export function until(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000, interval: 10 });
}

function awaited(what: string, holds: () => boolean): Promise<void> {
  return until(() => {
    if (!holds()) {
      throw new Error(`Waited in vain for ${what}`);
    }
  });
}

/** A chat.db that this process writes, a store, and a capture with its real reading process between the two. */
export class CaptureBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-capture-'));
  readonly path = join(this.folder, 'chat.db');
  readonly mode: ModeChoice;
  statuses: CaptureStatus[] = [];
  /** What it logged as an error. */
  readonly errors: string[] = [];
  db: Database.Database;
  writer: ChatDbWriter;
  chat: ChatPlace;
  store: Store;
  journal: Journal;
  #capture: Capture | null = null;

  constructor(mode: ModeChoice) {
    this.mode = mode;
    [this.db, this.writer, this.chat] = this.create(this.path);
    [this.store, this.journal] = this.#openStore('data');
  }

  /** A new database, at the path that is read or anywhere else. */
  create(path: string): readonly [Database.Database, ChatDbWriter, ChatPlace] {
    const db = createChatDb(path, '26');
    const writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => Date.now() });
    return [db, writer, writer.ensureChat({ style: 'direct', handle: KIM })];
  }

  /** Messages opens the database that is at the path now. */
  openAgain(): void {
    this.db = new Database(this.path);
    this.writer = new ChatDbWriter(this.db, { era: '26', line: LINE, now: () => Date.now() });
    this.chat = this.writer.ensureChat({ style: 'direct', handle: KIM });
  }

  /** Forgets everything: a store as of a first start. */
  useFreshStore(): void {
    this.store.close();
    [this.store, this.journal] = this.#openStore('fresh');
  }

  start(): void {
    const clock = systemClock();
    const source = createMessagesSource(this.path);
    const capture = createCapture({
      path: this.path,
      source,
      clock,
      clockOffsetMs: 0,
      mode: this.mode,
      startedAt: clock.now(),
      log: createLogger('error', { write: (line) => void this.errors.push(line) }),
      journal: this.journal,
      captureStore: createCaptureStore(this.store),
      ownRows: {
        observe: () => ({ origin: { by: 'device' }, events: [] }),
        received: () => [],
        forgetRows: () => undefined,
      },
      onChange: () => this.statuses.push(capture.status()),
    });
    this.#capture = capture;
    capture.start();
    // This process also plays Messages: a reader of its own would make SQLite share one -shm between the two.
    source.close();
  }

  async stop(): Promise<void> {
    await this.#capture?.stop();
  }

  async end(): Promise<void> {
    await this.stop();
    this.store.close();
    this.db.close();
    rmSync(this.folder, { recursive: true });
  }

  status(): CaptureStatus | null {
    return this.#capture?.status() ?? null;
  }

  following(): Promise<void> {
    return awaited('to follow', () => this.status()?.state === 'following');
  }

  /** Every row has been compared since the reading process began. */
  reconciled(): Promise<void> {
    return awaited('a comparison', () => (this.status()?.figures?.reconcile.finishedAt ?? null) !== null);
  }

  events(): ToldEvent[] {
    return this.journal.read(sequence(0), 100_000, { types: null, lines: null }).entries.map((entry) => {
      const event: ToldEvent = JSON.parse(entry.json);
      return event;
    });
  }

  /** Type and guid of each event, in order. */
  told(): (readonly [type: string, guid: string | undefined])[] {
    return this.events().map((event) => [event.type, event.data.guid ?? event.data.message_guid]);
  }

  texts(): (string | undefined)[] {
    return this.events().map((event) => event.data.text);
  }

  receive(text: string, more: object = {}): { readonly rowId: number; readonly guid: string } {
    return this.writer.insertIncoming({ chat: this.chat, from: KIM, text, ...more });
  }

  #openStore(name: string): readonly [Store, Journal] {
    const store = openStore(join(this.folder, name));
    return [store, createJournal({ store, clock: systemClock(), bridgeId: 'b', epoch: 'e' })];
  }
}
