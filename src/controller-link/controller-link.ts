import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { WebSocket } from 'ws';
import { API_VERSION, CLOSE_CODES, type RegisterFrame } from '../contract/index.ts';
import type { Instant } from '../domain/index.ts';
import type { Subscribers } from '../events/index.ts';
import { errorCode, sleep } from '../runtime/index.ts';
import { endingOfClose, endingOfStatus, waitBefore, type LinkEnding } from './link-ending.ts';
import { LinkSession, type SessionDeps } from './link-session.ts';
import type { LinkStatus } from './link-status.ts';
import { systemVersion } from './system-version.ts';
import { readToken } from './token.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A command holds what a body of REST may hold. */
const MAX_FRAME_BYTES = 1_048_576;
/** A link that held so long was a good one: the next try counts as the first. */
const GOOD_MS = 10_000;
/** How long the controller may take to answer a close. */
const CLOSE_GRACE_MS = 1_000;
/** Whose cursors these are among the subscribers: no API key has such an id. */
const SUBSCRIBER = 'controller';

export interface LinkConfig {
  readonly url: string;
  readonly tokenFile: string;
  /** Of a certificate authority of one's own, beside those of the system; PEM. */
  readonly caFile: string | null;
}

export type LinkDeps = Omit<SessionDeps, 'describe' | 'cursor' | 'onRegistered'> & {
  /** `null`: there is no controller. */
  readonly config: LinkConfig | null;
  readonly subscribers: Subscribers;
  readonly bridge: {
    readonly id: string;
    readonly version: string;
    readonly startedAt: Instant;
    lines(): RegisterFrame['lines'];
    limits(): RegisterFrame['limits'];
  };
};

export interface ControllerLink {
  status(): LinkStatus;
  start(): void;
  /** Says goodbye, and waits for what commands have begun. */
  stop(): Promise<void>;
}

/** Keeps one connection to the controller for as long as the bridge runs. */
export function createControllerLink(deps: LinkDeps): ControllerLink {
  const { config } = deps;
  return config === null
    ? { status: () => ({ state: 'off' }), start: () => undefined, stop: () => Promise.resolve() }
    : new Dialler(config, deps);
}

class Dialler implements ControllerLink {
  readonly #config: LinkConfig;
  readonly #deps: LinkDeps;
  readonly #abort = new AbortController();
  /** Another at each start: by it the controller tells two daemons from one that comes back. */
  readonly #instanceId = randomUUID();
  #status: LinkStatus;
  #socket: WebSocket | null = null;
  #running: Promise<void> | null = null;

  constructor(config: LinkConfig, deps: LinkDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#status = { state: 'down', since: deps.clock.now(), problem: null };
  }

  status(): LinkStatus {
    return this.#status;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    const socket = this.#socket;
    socket?.close(CLOSE_CODES.goingAway, 'the bridge is stopping');
    const cut = this.#deps.clock.after(CLOSE_GRACE_MS, () => socket?.terminate());
    await this.#running;
    cut.cancel();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#abort;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const ending = await this.#connect();
      if (signal.aborted) {
        return;
      }
      if (this.#status.state === 'linked' && clock.now() - this.#status.since >= GOOD_MS) {
        attempt = 1;
      }
      this.#status = {
        state: 'down',
        since: this.#status.state === 'down' ? this.#status.since : clock.now(),
        problem: ending.problem,
      };
      const waitMs = waitBefore(attempt, ending);
      log.warn(
        { ...ending.problem, attempt, waitMs },
        'There is no link to the controller; it is tried again',
      );
      await sleep(clock, waitMs, signal);
    }
  }

  /** One connection, from dialling to its end. Never rejects. */
  async #connect(): Promise<LinkEnding> {
    let socket: WebSocket;
    try {
      const read = readToken(this.#config.tokenFile);
      if ('problem' in read) {
        return { end: 'refused', problem: { kind: 'token', reason: read.problem } };
      }
      socket = this.#dial(read.token);
    } catch (error) {
      return { end: 'lost', problem: { kind: 'unreachable', reason: errorCode(error) } };
    }
    this.#socket = socket;
    let session: Promise<void> = Promise.resolve();
    const ending = await new Promise<LinkEnding>((resolve) => {
      let failure: LinkEnding | null = null;
      const timeout = this.#deps.clock.after(HANDSHAKE_TIMEOUT_MS, () => {
        failure ??= { end: 'lost', problem: { kind: 'unreachable', reason: 'timeout' } };
        socket.terminate();
      });
      socket.on('open', () => {
        timeout.cancel();
        session = new LinkSession(socket, this.#sessionDeps()).run();
      });
      socket.on('error', (error) => {
        failure ??= { end: 'lost', problem: { kind: 'unreachable', reason: errorCode(error) } };
      });
      socket.on('unexpected-response', (_request, response) => {
        failure = endingOfStatus(response.statusCode ?? 0, response.headers['retry-after']);
        socket.terminate();
      });
      socket.on('close', (code, reason) => {
        timeout.cancel();
        resolve(failure ?? endingOfClose(code, reason.toString('utf8')));
      });
    });
    this.#socket = null;
    await session;
    return ending;
  }

  #dial(token: string): WebSocket {
    const { url, caFile } = this.#config;
    return new WebSocket(url, {
      headers: { authorization: `Bearer ${token}`, 'user-agent': `blueline/${this.#deps.bridge.version}` },
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
      // Whatever the environment says: who is there must be who was meant.
      rejectUnauthorized: true,
      ...(caFile === null ? {} : { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] }),
    });
  }

  #sessionDeps(): SessionDeps {
    const { bridge, journal, clock, subscribers, log } = this.#deps;
    const { url } = this.#config;
    return {
      ...this.#deps,
      describe: () => ({
        bridge_id: bridge.id,
        epoch: journal.epoch,
        instance_id: this.#instanceId,
        version: bridge.version,
        versions: [API_VERSION],
        started_at: bridge.startedAt,
        system: systemVersion(process.platform),
        lines: bridge.lines(),
        limits: bridge.limits(),
        head_sequence: journal.head(),
        oldest_sequence: journal.oldest(),
      }),
      cursor: {
        get: () => subscribers.cursor(SUBSCRIBER, url),
        advance: (to) => subscribers.advance(SUBSCRIBER, url, to),
      },
      onRegistered: () => {
        this.#status = { state: 'linked', since: clock.now() };
        log.info({ head: journal.head() }, 'The controller is linked');
      },
    };
  }
}
