import { closeSync, openSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MessagesApp, SendTarget } from '../../src/messages-app/index.ts';
import type { Clock } from '../../src/runtime/index.ts';
import { appleNanoseconds } from '../../src/simulator/apple-time.ts';
import { ChatDbWriter, createChatDb } from '../../src/simulator/index.ts';

/** The Mac's own number, in New York. */
export const LINE = '+12125559999';
/** The last macOS that fills `text`: whoever reads the file needs no decoder. */
const ERA = '13';

/**
 * The Mac of a play: a chat.db that is written as Messages writes it, and what `osascript` would have been called with,
 * line by line in a file. Nothing fails here: what may fail is another prover's affair.
 */
export class LimitsMac {
  readonly database: string;
  readonly calls: string;
  /** Messages is open. */
  isRunning = true;
  /** Runs after each row of ours; the text is `null` where it is a file. */
  onSent: (to: string, text: string | null) => void = () => undefined;
  readonly #clock: Clock;
  readonly #db: ReturnType<typeof createChatDb>;
  readonly #writer: ChatDbWriter;
  readonly #log: number;

  constructor(folder: string, clock: Clock) {
    this.#clock = clock;
    this.database = join(folder, 'chat.db');
    this.calls = join(folder, 'osascript.jsonl');
    this.#db = createChatDb(this.database, ERA);
    this.#db.pragma('synchronous = OFF');
    this.#writer = new ChatDbWriter(this.#db, { era: ERA, line: LINE, now: () => clock.now() });
    this.#log = openSync(this.calls, 'w');
  }

  /** A contact writes. */
  says(
    from: string,
    text: string,
    options: { readonly service?: string; readonly date?: number } = {},
  ): void {
    const service = options.service ?? 'iMessage';
    this.#db.transaction(() =>
      this.#writer.insertIncoming({
        ...options,
        chat: this.#writer.ensureChat({ style: 'direct', handle: from, service }),
        from,
        text,
      }),
    )();
  }

  /** The owner writes on the phone; with a `date` in the past the row comes late. */
  phone(to: string, text: string, options: { readonly service?: string; readonly date?: number } = {}): void {
    this.#write(to, text, options, null);
  }

  /** Many rows of history at once. */
  past(work: () => void): void {
    this.#db.transaction(work)();
  }

  app(): MessagesApp {
    const send = (script: string, target: SendTarget, content: string) => {
      const to = target.form === 'chat' ? (target.guid.split(';')[2] ?? '') : target.handle;
      this.#call([script, to, content]);
      const isFile = script === 'send-file';
      this.#write(to, isFile ? '' : content, {}, isFile ? basename(content) : null);
      this.onSent(to, isFile ? null : content);
      return Promise.resolve({ outcome: 'accepted' } as const);
    };
    return {
      sendText: (target, text) => send('send-text', target, text),
      sendFile: (target, path) => send('send-file', target, path),
      poke: () => Promise.resolve(true),
      relaunch: () => Promise.resolve(true),
      isStuck: () => false,
      probe: () => Promise.resolve(this.status()),
    };
  }

  status() {
    return this.isRunning
      ? ({
          state: 'running',
          accounts: [{ id: 'A', serviceType: 'iMessage', enabled: true, connection: 'connected' }],
        } as const)
      : ({ state: 'not_running' } as const);
  }

  close(): void {
    this.#db.close();
    closeSync(this.#log);
  }

  #call(args: readonly string[]): void {
    writeSync(this.#log, `${JSON.stringify({ at: this.#clock.now(), args })}\n`);
  }

  #write(
    to: string,
    text: string,
    options: { readonly service?: string; readonly date?: number },
    file: string | null,
  ): void {
    const service = options.service ?? 'iMessage';
    const at = options.date ?? this.#clock.now();
    this.#db.transaction(() =>
      this.#writer.insertOutgoing({
        ...options,
        chat: this.#writer.ensureChat({ style: 'direct', handle: to, service }),
        text,
        sent: true,
        ...(file === null ? {} : { attachments: [{ name: file, mimeType: 'image/png', size: 3 }] }),
        columns: { is_delivered: 1, date_delivered: appleNanoseconds(at + 700) },
      }),
    )();
  }
}
