import type { BridgeEvent, ChatKey, CommandId, Message } from '../domain/index.ts';
import { errorCode, Pulse, sleep, superviseLoop, type Clock, type Logger } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { createOffers, type Offer } from './offers.ts';

/**
 * For so long the outbox knows a command again by its name (72 hours, less a margin). What was begun before that and
 * not noted as done may have gone out; it is left.
 */
const KNOWN_AGAIN_MS = 71 * 3_600_000;
/** What could not be handed over (a full disk, no line known yet) is tried again after so long. */
const AGAIN_MS = 60_000;
const AT_ONCE = 20;

/** `retry`: it cannot be now. `refused`: a rule is against it, so it follows the next message of ours that goes out. */
export type CardHandOver = 'sent' | 'retry' | 'refused';

export interface AutoCard {
  /** The projection of the journal: who has written, and whom we have answered. */
  project(event: BridgeEvent): void;
  start(): void;
  stop(): Promise<void>;
}

/**
 * Sends the line's own card once to every contact, after the first exchange: they wrote, and we answered. Contacts who
 * had such an exchange before this was switched on are left out.
 */
export function createAutoCard(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly isOn: boolean;
  /** The contact of this message wrote before it, and got an answer. */
  readonly hadExchange: (message: Message) => boolean;
  /** The command that lately shared a card in a chat, by whatever way. */
  readonly lastShare: (chat: ChatKey) => CommandId | null;
  /**
   * Hands the card over to the outbox as a command of its own. `name` stays the same for a contact, so that the outbox
   * knows a repetition.
   */
  readonly send: (chat: ChatKey, name: string) => Promise<CardHandOver>;
}): AutoCard {
  const { store, clock, log, isOn } = deps;
  const offers = createOffers(store);
  const pulse = new Pulse();
  const abort = new AbortController();
  let running: Promise<void> | null = null;

  const share = async ({ chat, state, since }: Offer): Promise<boolean> => {
    const now = clock.now();
    const isForgotten = state === 'sending' && now - since > KNOWN_AGAIN_MS;
    if (isForgotten || (state === 'due' && deps.lastShare(chat) !== null)) {
      offers.save(chat, 'done', now);
      return true;
    }
    if (state === 'due') {
      offers.save(chat, 'sending', now);
    }
    try {
      const end = await deps.send(chat, `contact-card:${chat}`);
      if (end === 'retry') {
        return false;
      }
      if (end === 'refused') {
        offers.save(chat, 'wrote', clock.now());
        return true;
      }
    } catch (error) {
      log.warn({ code: errorCode(error) }, 'The contact card could not be handed over; it is tried again');
      return false;
    }
    offers.save(chat, 'done', clock.now());
    return true;
  };

  const work = async (signal: AbortSignal): Promise<void> => {
    const open = offers.open(AT_ONCE);
    let areAllDone = true;
    for (const offer of open) {
      if (signal.aborted) {
        return;
      }
      areAllDone = (await share(offer)) && areAllDone;
    }
    if (!areAllDone) {
      await sleep(clock, AGAIN_MS, signal);
    } else if (open.length < AT_ONCE) {
      await pulse.wait(signal);
    }
  };

  return {
    project: (event) => {
      if (!isOn || (event.type !== 'message.received' && event.type !== 'message.sent')) {
        return;
      }
      const chat = chatOf(event.message);
      const state = chat === null ? null : (offers.find(chat)?.state ?? null);
      if (chat !== null && event.type === 'message.received' && state === null) {
        offers.save(chat, deps.hadExchange(event.message) ? 'done' : 'wrote', clock.now());
      }
      if (chat !== null && event.type === 'message.sent' && state === 'wrote') {
        offers.save(chat, 'due', clock.now());
        pulse.trigger();
      }
    },
    start: () => {
      if (isOn) {
        running ??= superviseLoop({ name: 'contact card', clock, log, signal: abort.signal, body: work });
      }
    },
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}

/** The chat with one contact in which something was said; `null` for everything else. */
function chatOf({ chat, kind, replayOf }: Message): ChatKey | null {
  return chat?.style === 'direct' && kind.kind === 'text' && replayOf === null ? chat.key : null;
}
