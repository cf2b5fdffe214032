import { Argument, Option, type Command } from 'commander';
import { list, outboxItemSchema, type WireOutboxItem } from '../../contract/index.ts';
import { connectApi, type Answer } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { dateAndTime } from '../moments.ts';
import { nextPage } from '../next-page.ts';
import { pageLimit } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { paintState } from '../state-colors.ts';
import { visible } from '../visible-text.ts';

interface ListOptions {
  readonly state?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export function addOutbox(program: Command, act: Act): void {
  const outbox = program
    .command('outbox')
    .description('what was asked to be sent, and what became of it')
    .helpCommand(false);
  outbox
    .command('list')
    .description('list it, the latest first')
    .addOption(
      new Option('--state <state>', 'only what is in this state').choices(
        outboxItemSchema.shape.state.options,
      ),
    )
    .option('--limit <n>', 'items on a page, at most 200 (default: 50)', pageLimit)
    .option('--cursor <cursor>', 'the page to go on with')
    .action(act(listItems));
  outbox
    .command('show <id>')
    .description('one item, with each of its parts and attempts')
    .action(act(async (session, id: string) => show(session, await connectApi(session).get(itemOf(id)))));
  outbox
    .command('cancel <id>')
    .description('drop what has not been handed to Messages yet')
    .action(act(async (session, id: string) => show(session, await connectApi(session).delete(itemOf(id)))));
  outbox
    .command('resolve')
    .description('say what became of an item whose outcome is unknown, after a look into Messages')
    .argument('<id>')
    .addArgument(new Argument('<as>', 'nothing is sent by it').choices(['sent', 'not_sent']))
    .action(
      act(async (session, id: string, as: string) => {
        const call = { ...itemOf(id), path: `${itemOf(id).path}/resolve`, body: { as }, headers: {} };
        return show(session, await connectApi(session).post(call));
      }),
    );
}

function itemOf(id: string) {
  return { path: `/v1/outbox/${encodeURIComponent(id)}`, answer: outboxItemSchema };
}

async function listItems(session: Session, options: ListOptions): Promise<ExitCode> {
  const { raw, data } = await connectApi(session).get({
    path: '/v1/outbox',
    answer: list(outboxItemSchema),
    query: { ...options },
  });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  if (data.data.length === 0) {
    session.note('There is nothing here.');
    return EXIT.ok;
  }
  session.printTable(data.data, [
    { title: 'asked', value: (item) => dateAndTime(item.created_at), paint: session.colors.dim },
    { title: 'to', value: (item) => item.to },
    { title: 'parts', value: partsText },
    {
      title: 'state',
      value: ({ state }) => state,
      paint: (_, { state }) => paintState(state, session.colors),
    },
    { title: 'why', value: whyText, isFlexible: true },
    { title: 'id', value: (item) => item.id, paint: session.colors.dim },
  ]);
  if (data.next_cursor !== null) {
    session.note(nextPage('More', 'outbox list', { ...options, cursor: data.next_cursor }));
  }
  return EXIT.ok;
}

function show(session: Session, { raw, data }: Answer<WireOutboxItem>): ExitCode {
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  const { bold, dim } = session.colors;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['to', data.to],
    ['asked', dateAndTime(data.created_at)],
    ['not before', data.not_before === undefined ? undefined : dateAndTime(data.not_before)],
    ['expires', data.completed_at === undefined ? dateAndTime(data.expires_at) : undefined],
    ['ended', data.completed_at === undefined ? undefined : dateAndTime(data.completed_at)],
    ['why', whyText(data) || undefined],
    ['message', data.message_id],
    ['twice of', data.suspected_duplicate_of],
  ];
  session.print(`${bold(data.id)}  ${paintState(data.state, session.colors)}`);
  for (const [name, value] of rows) {
    if (value !== undefined) {
      session.print(`  ${dim(name.padEnd(11))}${visible(value)}`);
    }
  }
  data.parts.forEach((part, index) => {
    const what = part.type === 'file' ? `file ${visible(part.filename ?? '')}` : 'text';
    const tries = data.attempts.filter((attempt) => attempt.part === index);
    const told = tries.map(({ service, started_at: at }) => `${service ?? 'sent'} at ${dateAndTime(at)}`);
    session.print(
      `  ${dim(`part ${index + 1}`.padEnd(11))}${what}, ${paintState(part.state, session.colors)}` +
        (told.length === 0 ? '' : dim(` (${told.join(', ')})`)),
    );
  });
  return EXIT.ok;
}

function partsText({ parts }: WireOutboxItem): string {
  const files = parts.filter(({ type }) => type === 'file').length;
  const words = [
    ...(files < parts.length ? ['text'] : []),
    ...(files === 0 ? [] : [files === 1 ? 'file' : `${files} files`]),
  ];
  return words.join(', ');
}

function whyText({ error, error_detail: detail, limit }: WireOutboxItem): string {
  if (error !== null) {
    return `${error}: ${detail?.message ?? ''}`;
  }
  return limit === undefined ? '' : `waits for ${limit.rule}`;
}
