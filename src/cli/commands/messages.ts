import type { Command } from 'commander';
import { list, messageSchema, type WireMessage } from '../../contract/index.ts';
import type { Instant } from '../../domain/index.ts';
import { createAddressBook, fillAddressBook } from '../address-book.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { messageText } from '../message-text.ts';
import { dateAndTime } from '../moments.ts';
import { nextPage } from '../next-page.ts';
import { moment, pageLimit } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { paintState } from '../state-colors.ts';
import type { Column } from '../table.ts';
import { shorten } from '../visible-text.ts';

interface Options {
  readonly to?: string;
  readonly from?: string;
  readonly since?: Instant;
  readonly until?: Instant;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Names of chats and people take no more, so that the text keeps room. */
const NAME_COLUMNS = 20;

export function addMessages(program: Command, act: Act): void {
  program
    .command('messages')
    .description('show messages as a conversation, the newest at the bottom')
    .option('--to <who>', 'only those with this contact or in this chat: a number, an e-mail, or a cht_… id')
    .option('--from <line>', 'only those of this line, by id or address')
    .option('--since <moment>', 'from then on: 2026-11-21, 2026-11-21T14:03 or Unix time in ms', moment)
    .option('--until <moment>', 'before then', moment)
    .option('--limit <n>', 'messages on a page, at most 200 (default: 50)', pageLimit)
    .option('--cursor <cursor>', 'the page to go on with')
    .addHelpText('after', '\nAs JSON the page comes as the daemon gives it, newest first.')
    .action(act(messages));
}

async function messages(session: Session, { cursor, ...options }: Options): Promise<ExitCode> {
  const { to } = options;
  const api = connectApi(session);
  const { raw, data } = await api.get({
    path: '/v1/messages',
    answer: list(messageSchema),
    query: { ...options, cursor },
  });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  if (data.data.length === 0) {
    session.note('There are no messages here yet.');
    return EXIT.ok;
  }
  const book = createAddressBook();
  if (to === undefined) {
    await fillAddressBook(book, api);
  }
  if (data.next_cursor !== null) {
    session.note(nextPage('Older', 'messages', { ...options, cursor: data.next_cursor }));
  }
  session.printTable(
    data.data.toReversed(),
    columns(session, to === undefined ? (id) => book.chat(id) : null),
  );
  return EXIT.ok;
}

/** @param chatName given where the messages are of several chats */
function columns(session: Session, chatName: ((id: string) => string) | null): Column<WireMessage>[] {
  const { dim, cyan, green } = session.colors;
  const name = (text: string) => (session.isTerminal ? shorten(text, NAME_COLUMNS) : text);
  return [
    { title: 'time', value: (message) => dateAndTime(message.sent_at), paint: dim },
    ...(chatName === null
      ? []
      : [{ title: 'chat', value: ({ chat_id: id }: WireMessage) => name(chatName(id)) }]),
    {
      title: 'who',
      value: (message) => (message.is_from_me ? 'me' : name(message.sender)),
      paint: (text, message) => (message.is_from_me ? green(text) : cyan(text)),
    },
    { title: 'text', value: messageText, isFlexible: true },
    {
      title: 'state',
      value: stateText,
      paint: (text, { state }) =>
        text === state ? paintState(state, session.colors) : paintFailure(text, state, session),
    },
  ];
}

function stateText({ state, error, edited_at: editedAt }: WireMessage): string {
  const word = state === 'received' ? '' : state;
  const code = state === 'failed' && error !== undefined ? ` (${error.code})` : '';
  return `${word}${code}${editedAt === undefined ? '' : `${word === '' ? '' : ', '}edited`}`;
}

function paintFailure(text: string, state: string, { colors }: Session): string {
  return state === 'failed' ? colors.red(text) : text;
}
