import type { Command } from 'commander';
import { eventSchema } from '../../contract/index.ts';
import { createAddressBook, fillAddressBook } from '../address-book.ts';
import { connectApi, type ApiClient } from '../api-client.ts';
import { followEvents, type FeedReader } from '../event-feed.ts';
import { eventLine, gapLine, unknownEventLine } from '../event-line.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { wholeNumber } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';

interface Options {
  readonly after?: number;
  readonly types?: string;
}

export function addTail(program: Command, act: Act): void {
  program
    .command('tail')
    .description('follow the events as they happen')
    .option(
      '--after <sequence>',
      'begin behind this event; 0 is the oldest that is kept',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--types <types>', 'only these types of events, with commas between')
    .addHelpText(
      'after',
      `
Without --after it begins with what happens next. It connects again by itself, and goes on
behind the last event. As JSON each event is a line of its own; events that cannot be had
are told by a line of type "gap". Ctrl-C ends it, with code 0.`,
    )
    .action(act(tail));
}

async function tail(session: Session, options: Options): Promise<ExitCode> {
  const api = connectApi(session);
  try {
    const reader = session.format === 'json' ? jsonReader(session) : await textReader(session, api);
    await followEvents(
      session,
      { after: options.after ?? null, types: options.types ?? null, lines: null },
      reader,
    );
  } catch (error) {
    // Ctrl-C is how it ends, however far it had come.
    if (!session.io.signal.aborted) {
      throw error;
    }
  }
  return EXIT.ok;
}

function jsonReader(session: Session): FeedReader {
  return {
    onEvent: (event) => session.printJson(event),
    onGap: ({ from, to, reason }) => session.printJson({ type: 'gap', from, to, reason }),
    onCaughtUp: () => undefined,
    onBreak: () => tellBreak(session),
  };
}

async function textReader(session: Session, api: ApiClient): Promise<FeedReader> {
  const { colors, errorColors } = session;
  const book = createAddressBook();
  await fillAddressBook(book, api);
  return {
    onEvent: (event) => {
      const known = eventSchema.safeParse(event);
      session.print(known.success ? eventLine(known.data, book, colors) : unknownEventLine(event));
    },
    onGap: (gap) => session.print(gapLine(gap, colors)),
    onCaughtUp: (sequence) =>
      session.note(errorColors.dim(`Up to date (#${sequence}); what happens now shows here. Ctrl-C ends.`)),
    onBreak: () => tellBreak(session),
  };
}

function tellBreak(session: Session): void {
  if (!session.io.signal.aborted) {
    session.note(session.errorColors.yellow('The connection broke; trying to go on behind the last event …'));
  }
}
