import { instant } from '../domain/index.ts';
import { sleep } from '../runtime/index.ts';
import {
  checkUrl,
  createPoster,
  createSecret,
  deliveryId,
  isForWebhooks,
  isSecret,
  parseEvent,
  payload,
  signedHeaders,
  type Profile,
} from '../webhooks/index.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './failure.ts';
import { timeOfDay } from './moments.ts';
import type { Session } from './session.ts';
import { version } from './version.ts';
import { visible } from './visible-text.ts';

/** What fixes the secret of a session. */
const SECRET_NAME = 'BLUELINE_LISTEN_SECRET';
/** By which this command's deliveries get their ids; no webhook is called so. */
const SENDER = 'listen';
const TRIES = 3;
const FIRST_PAUSE_MS = 500;
const TIMEOUT_MS = 15_000;
/** It is the person's own machine and network: a command may post wherever they may. */
const RULES = { allowPlain: true, allowPrivate: true };

export interface ForwardOptions {
  readonly forwardTo: string;
  readonly profile?: Profile;
  readonly includeBackfilled?: boolean;
}

/** Posts events to a URL as a webhook would, and prints a line for each try. */
export interface Forwarder {
  /** Resolves when the event has been taken, or given up, or is none that webhooks send. Never rejects. */
  forward(event: object): Promise<void>;
  close(): void;
}

/** @throws CliError `url_invalid`, `secret_invalid` */
export function createForwarder(session: Session, options: ForwardOptions): Forwarder {
  const url = urlOf(options.forwardTo);
  const profile = options.profile ?? 'standard';
  const secret = secretOf(session);
  const { clock, io } = session;
  const poster = createPoster({ clock, rules: RULES });

  const attempt = async (json: string, ids: { eventId: string; deliveryId: string }) => {
    const at = instant(clock.now());
    const body = payload(profile, { json, deliveryId: ids.deliveryId, at });
    const headers = signedHeaders({ profile, secrets: [secret], ...ids, at, body, attempt: 0 });
    const result = await poster.post({
      url,
      headers: { 'content-type': 'application/json', 'user-agent': `Blueline/${version()}`, ...headers },
      body,
      timeoutMs: TIMEOUT_MS,
      signal: io.signal,
    });
    return result === null ? null : { result, at, durationMs: clock.now() - at };
  };

  return {
    forward: async (event) => {
      const json = JSON.stringify(event);
      const parsed = parseEvent(json);
      if (!isForWebhooks(parsed, options.includeBackfilled ?? false)) {
        return;
      }
      const ids = { eventId: parsed.id, deliveryId: deliveryId(SENDER, parsed.id) };
      for (let count = 1; count <= TRIES; count += 1) {
        const tried = await attempt(json, ids);
        if (tried === null) {
          return;
        }
        const { result } = tried;
        const status = result.outcome === 'answered' ? result.status : null;
        const isTaken = status !== null && status >= 200 && status < 300;
        tell(session, {
          event: parsed,
          ids,
          at: tried.at,
          status,
          error: result.outcome === 'failed' ? result.error : null,
          isTaken,
          durationMs: tried.durationMs,
          count,
        });
        if (isTaken || count === TRIES) {
          return;
        }
        await sleep(clock, FIRST_PAUSE_MS * 2 ** (count - 1), io.signal);
      }
    },
    close: () => poster.close(),
  };
}

function tell(
  session: Session,
  told: {
    readonly event: { readonly type: string; readonly sequence?: unknown };
    readonly ids: { readonly eventId: string; readonly deliveryId: string };
    readonly at: number;
    readonly status: number | null;
    readonly error: string | null;
    readonly isTaken: boolean;
    readonly durationMs: number;
    readonly count: number;
  },
): void {
  const { event, ids, status, error, isTaken, durationMs, count } = told;
  if (session.format === 'json') {
    session.printJson({
      event_id: ids.eventId,
      event_type: event.type,
      sequence: event.sequence,
      delivery_id: ids.deliveryId,
      attempt: count,
      delivered: isTaken,
      status,
      ...(error === null ? {} : { error }),
      duration_ms: durationMs,
    });
    return;
  }
  const { dim, green, red } = session.colors;
  const outcome = String(status ?? (error ?? 'no answer').replaceAll('_', ' '));
  const tries = isTaken && count === 1 ? '' : dim(`  try ${count} of ${TRIES}`);
  session.print(
    `${dim(timeOfDay(told.at))}  ${isTaken ? green(outcome) : red(outcome)}  ${visible(event.type)}  ` +
      `${dim(`#${String(event.sequence)}  ${durationMs} ms`)}${tries}`,
  );
}

function urlOf(text: string): URL {
  const checked = checkUrl(text, RULES);
  if ('problem' in checked) {
    throw new CliError(
      EXIT.usage,
      'url_invalid',
      'That is no address to post to.',
      'Example: --forward-to http://localhost:3000/webhook',
    );
  }
  return checked.url;
}

/** The one of the environment, else a new one, which is told. Never one of the command line: others can read that. */
function secretOf(session: Session): string {
  const given = session.environment[SECRET_NAME] ?? '';
  if (given === '') {
    const secret = createSecret();
    session.note(`Signing with ${secret}`);
    session.note(`(new each time; ${SECRET_NAME} fixes it)`);
    return secret;
  }
  if (!isSecret(given)) {
    throw new CliError(
      EXIT.usage,
      'secret_invalid',
      `${SECRET_NAME} is no signing secret.`,
      'It is whsec_ and 24 to 64 bytes in base64, such as `blueline listen` prints when the variable is not set.',
    );
  }
  return given;
}
