import { randomInt } from 'node:crypto';
import { instant, type BridgeEvent, type Handle, type Instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';

/** Without letters and digits that are taken for one another, so that a code can be read out. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;
/** As Messages.dev has it. */
const SENDS_PER_DAY = 50;
const DAY_MS = 86_400_000;

export interface SandboxView {
  /** What a contact texts to the line to be let in. */
  readonly code: string;
  readonly contacts: readonly { readonly handle: Handle; readonly activatedAt: Instant }[];
  /** Of all sandbox keys together, over a day of UTC. */
  readonly quota: { readonly limit: number; readonly used: number; readonly resetsAt: Instant };
}

/** Whom sandbox keys may send to: those who texted the code to the line. */
export interface Sandbox {
  view(): SandboxView;
  /** Another code; who texted the last one has to text this one. */
  renew(): SandboxView;
  isActivated(handle: Handle): boolean;
  /** Takes one of the day's sends; a moment to try again at where none is left. */
  take(): { readonly outcome: 'taken' } | { readonly outcome: 'none_left'; readonly resetsAt: Instant };
  /** Nothing came of a send that was taken. */
  giveBack(): void;
  /** The projection of the journal: lets in who texts the code. */
  project(event: BridgeEvent): void;
}

export function createSandbox({ store, clock }: { readonly store: Store; readonly clock: Clock }): Sandbox {
  const { db } = store;
  const readCode = db.prepare<[], { code: string }>('SELECT code FROM sandbox WHERE id = 1');
  const saveCode = db.prepare<[string]>('INSERT OR REPLACE INTO sandbox (id, code) VALUES (1, ?)');
  const addContact = db.prepare<[string, number]>(
    'INSERT OR IGNORE INTO sandbox_contacts (handle, activated_at) VALUES (?, ?)',
  );
  const contacts = db.prepare<[], { handle: Handle; activated_at: number }>(
    'SELECT handle, activated_at FROM sandbox_contacts ORDER BY activated_at, handle',
  );
  const contact = db.prepare<[string], { handle: string }>(
    'SELECT handle FROM sandbox_contacts WHERE handle = ?',
  );
  const forgetContacts = db.prepare<[]>('DELETE FROM sandbox_contacts');
  const sendsOf = db.prepare<[number], { sends: number }>('SELECT sends FROM sandbox_days WHERE day = ?');
  const count = db.prepare<{ day: number; more: number }>(
    `INSERT INTO sandbox_days (day, sends) VALUES (@day, MAX(0, @more))
     ON CONFLICT (day) DO UPDATE SET sends = MAX(0, sends + @more)`,
  );
  const forgetDays = db.prepare<[number]>('DELETE FROM sandbox_days WHERE day < ?');

  const today = (): number => Math.floor(clock.now() / DAY_MS);
  const used = (): number => sendsOf.get(today())?.sends ?? 0;
  const resetsAt = (): Instant => instant((today() + 1) * DAY_MS);
  const newCode = (): string => {
    const code = Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    saveCode.run(code);
    return code;
  };
  /** Made when it is first asked for: before, no text can be it. */
  const code = (): string => readCode.get()?.code ?? newCode();
  const view = (): SandboxView => ({
    code: shown(code()),
    contacts: contacts.all().map(({ handle, activated_at: at }) => ({ handle, activatedAt: instant(at) })),
    quota: { limit: SENDS_PER_DAY, used: used(), resetsAt: resetsAt() },
  });

  return {
    view: () => store.transaction(view),
    renew: () =>
      store.transaction(() => {
        forgetContacts.run();
        newCode();
        return view();
      }),
    isActivated: (handle) => contact.get(handle) !== undefined,
    take: () =>
      store.transaction(() => {
        if (used() >= SENDS_PER_DAY) {
          return { outcome: 'none_left', resetsAt: resetsAt() };
        }
        forgetDays.run(today());
        count.run({ day: today(), more: 1 });
        return { outcome: 'taken' };
      }),
    giveBack: () => void count.run({ day: today(), more: -1 }),
    project: (event) => {
      if (event.type !== 'message.received') {
        return;
      }
      const { chat, sender, text, replayOf } = event.message;
      const known = readCode.get()?.code;
      if (
        chat?.style === 'direct' &&
        sender !== null &&
        replayOf === null &&
        known !== undefined &&
        bare(text ?? '') === known
      ) {
        addContact.run(sender, clock.now());
      }
    },
  };
}

function shown(code: string): string {
  return `${code.slice(0, CODE_LENGTH / 2)}-${code.slice(CODE_LENGTH / 2)}`;
}

/** A code as a person may type it. */
function bare(text: string): string {
  return text.replace(/[\s-]/gu, '').toUpperCase();
}
