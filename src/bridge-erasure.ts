import type { BridgeStore } from './bridge-store.ts';
import { chatId, type WireErasure } from './contract/index.ts';
import { chatKey, type Handle } from './domain/index.ts';
import { eraseEvents } from './events/index.ts';
import type { Outbox } from './outbox/index.ts';
import { sleep, type Clock } from './runtime/index.ts';
import type { Uploads } from './uploads/index.ts';
import type { Webhooks } from './webhooks/index.ts';

/** Whoever reads the store holds its WAL for some milliseconds, a backup for as long as it takes. */
const SCRUB_TRIES = 10;
const SCRUB_PAUSE_MS = 100;

/** The half of the composition root that makes the bridge forget what a contact and it have said to each other. */
export function createErasure(parts: {
  readonly storage: BridgeStore;
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, 'erase'>;
  readonly uploads: Pick<Uploads, 'erase'>;
  readonly webhooks: Pick<Webhooks, 'eraseAnswers'>;
}): (contact: Handle) => Promise<WireErasure> {
  const { storage, clock, outbox, uploads, webhooks } = parts;
  return async (contact) => {
    const chat = chatKey('direct', contact);
    // First: what it cancels is told in an event of its own.
    const commands = outbox.erase(chat);
    const events = await eraseEvents({ store: storage.store, clock }, [contact, chatId(chat)]);
    webhooks.eraseAnswers();
    let files = 0;
    for (const id of commands.files) {
      files += (await uploads.erase(id, commands.over)) ? 1 : 0;
    }
    let isScrubbed = storage.store.scrub();
    for (let tries = 1; !isScrubbed && tries < SCRUB_TRIES; tries += 1) {
      await sleep(clock, SCRUB_PAUSE_MS, new AbortController().signal);
      isScrubbed = storage.store.scrub();
    }
    return {
      handle: contact,
      events,
      commands: commands.erased.length,
      canceled: commands.canceled,
      kept: commands.kept,
      files,
      is_scrubbed: isScrubbed,
      also_in: [...storage.setAside()],
    };
  };
}
