import { Option, type Command } from 'commander';
import { outboxItemSchema, type WireOutboxItem } from '../../contract/index.ts';
import { checkSend } from '../check-send.ts';
import type { Instant } from '../../domain/index.ts';
import { connectApi, interruption } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { followItem } from '../follow-item.ts';
import { moment, wholeNumber } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { startStepLine } from '../step-line.ts';
import { visible } from '../visible-text.ts';

/** How long a text is followed unless told otherwise. */
const DEFAULT_WAIT_SECONDS = 20;
/** Larger than any text that the daemon takes; what comes on stdin beyond it is not read. */
const MAX_STDIN_BYTES = 1_048_576;

interface Options {
  readonly from?: string;
  readonly idempotencyKey?: string;
  readonly check?: boolean;
  readonly onLimit?: 'reject' | 'queue';
  readonly optIn?: string;
  readonly optInAt?: Instant;
  /** Seconds; 0 where `--wait` stands alone, `false` for `--no-wait`. */
  readonly wait?: number | false;
}

const waitSeconds = wholeNumber(1, 86_400);

export function addSend(program: Command, act: Act): void {
  program
    .command('send')
    .description('send a text, and follow it until it is proved')
    .argument('<to>', 'a number (+15551234567), an e-mail address, a cht_… id or a chat guid')
    .argument('<text...>', 'the words of the text; a single - reads it from stdin')
    .option('--from <line>', 'the line to send from, by id or address')
    .option('--idempotency-key <key>', 'a name for this text: repeated under it, it is not sent again')
    .option('--check', 'what every rule says of it; nothing is sent')
    .addOption(
      new Option('--on-limit <way>', 'what a full limit does: refuse, or wait for the next place').choices([
        'reject',
        'queue',
      ]),
    )
    .option('--opt-in <source>', 'where the contact agreed to be written to, with --opt-in-at')
    .option('--opt-in-at <moment>', 'when: 2026-11-21, 2026-11-21T14:03 or Unix time in ms', moment)
    .addOption(
      new Option(
        '--wait [=seconds]',
        `follow the text so long (default on a terminal, up to ${DEFAULT_WAIT_SECONDS} s)`,
      ).argParser((text) => (text === '' ? 0 : waitSeconds(text))),
    )
    .option('--no-wait', 'return as soon as the daemon has taken it')
    .addHelpText(
      'after',
      `
Followed, it ends with 0 once chat.db proves the text sent, and with 1 where it failed or
nothing proves it (such a text may have been sent all the same). Without seconds it stays on
a little for "delivered" and "read", with --wait=60 until it is read or the time is over.
A text that begins with a dash goes behind --:

  blueline send +15551234567 -- -5 degrees here`,
    )
    .action(act(send));
}

async function send(
  session: Session,
  to: string,
  words: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const text = words.length === 1 && words[0] === '-' ? await readText(session) : words.join(' ');
  const api = connectApi(session);
  const body = {
    to,
    text,
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.onLimit === undefined ? {} : { on_limit: options.onLimit }),
    ...optInOf(options),
  };
  if (options.check === true) {
    return checkSend(session, api, body);
  }
  const { raw, data } = await api.post({
    path: '/v1/messages',
    answer: outboxItemSchema,
    body,
    headers: options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey },
  });
  if (data.suspected_duplicate_of !== undefined) {
    session.note(
      `The same text went to the same place within the last minute (${data.suspected_duplicate_of}); this one goes too.`,
    );
  }
  data.warnings?.forEach(({ rule, message }) => session.note(`${rule}: ${visible(message)}`));
  if (!shallWait(session, options)) {
    return tellAccepted(session, raw, data);
  }
  const seconds =
    options.wait === undefined || options.wait === false || options.wait === 0 ? null : options.wait;
  const line = startStepLine(session);
  const end = await followItem(
    session,
    api,
    { raw, data },
    {
      forMs: (seconds ?? DEFAULT_WAIT_SECONDS) * 1000,
      untilRead: seconds !== null,
      onStep: (item) => line.step(item.state),
    },
  );
  line.end();
  if (session.format === 'json') {
    session.printJson(end.raw);
  }
  return verdict(session, end.data);
}

function optInOf({ optIn, optInAt }: Options) {
  if ((optIn === undefined) !== (optInAt === undefined)) {
    throw new CliError(EXIT.usage, 'usage', '--opt-in and --opt-in-at go together.');
  }
  return optIn === undefined ? {} : { opt_in: { source: optIn, at: optInAt } };
}

function shallWait(session: Session, { wait }: Options): boolean {
  return wait === undefined ? session.isTerminal : wait !== false;
}

function tellAccepted(session: Session, raw: unknown, item: WireOutboxItem): ExitCode {
  if (session.format === 'json') {
    session.printJson(raw);
  } else {
    session.print(`${item.id} ${item.state}`);
  }
  return EXIT.ok;
}

/** 0 for what is proved; else 1, with a sentence that leaves no doubt about what is known. */
function verdict(session: Session, item: WireOutboxItem): ExitCode {
  switch (item.state) {
    case 'sent':
    case 'delivered':
    case 'read':
      return EXIT.ok;
    case 'failed':
    case 'expired':
    case 'canceled':
      throw new CliError(
        EXIT.failure,
        item.error ?? item.state,
        item.error_detail?.message ?? 'The text was not sent.',
      );
    case 'refused':
      throw new CliError(
        EXIT.refused,
        item.error ?? item.state,
        item.error_detail?.message ?? 'A rule refused the text.',
      );
    case 'unknown':
      throw new CliError(
        EXIT.failure,
        'outcome_unknown',
        `Unknown: ${item.error_detail?.message ?? 'nothing proves that the text was sent, nor that it was not.'}`,
        'Look at the chat in Messages before you send it again.',
      );
    case 'queued':
    case 'deferred':
    case 'sending':
    case 'dispatched':
      if (session.io.signal.aborted) {
        throw interruption(`the text is ${item.state}, and the daemon goes on with it (${item.id})`);
      }
      throw new CliError(
        EXIT.failure,
        'not_proved_yet',
        `The text is still ${item.state}; the daemon goes on with it (${item.id}).`,
        item.state === 'queued' || item.state === 'deferred'
          ? '`blueline status` tells why it waits. Do not send it again.'
          : '`blueline messages` shows what became of it. Do not send it again.',
      );
    default:
      return item.state satisfies never;
  }
}

/** The text on stdin, without the one line break that commands print at its end. */
async function readText({ io }: Session): Promise<string> {
  const stop = () => io.stdin.destroy();
  io.signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of io.stdin) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      size += bytes.length;
      if (size > MAX_STDIN_BYTES) {
        throw new CliError(EXIT.usage, 'text_too_long', 'What comes on stdin is too long for a text.');
      }
    }
  } catch (error) {
    throw io.signal.aborted ? interruption() : error;
  } finally {
    io.signal.removeEventListener('abort', stop);
  }
  if (io.signal.aborted) {
    throw interruption();
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/u, '');
}
