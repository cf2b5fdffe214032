import type { Command } from 'commander';
import { chatSchema, list } from '../../contract/index.ts';
import { nameOf } from '../address-book.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { dateAndTime } from '../moments.ts';
import { pageLimit } from '../option-values.ts';
import { nextPage } from '../next-page.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';

interface Options {
  readonly from?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export function addChats(program: Command, act: Act): void {
  program
    .command('chats')
    .description('list the chats, the latest first')
    .option('--from <line>', 'only those of this line, by id or address')
    .option('--limit <n>', 'chats on a page, at most 200 (default: 50)', pageLimit)
    .option('--cursor <cursor>', 'the page to go on with')
    .action(act(chats));
}

async function chats(session: Session, { from, limit, cursor }: Options): Promise<ExitCode> {
  const api = connectApi(session);
  const { raw, data } = await api.get({
    path: '/v1/chats',
    answer: list(chatSchema),
    query: { from, limit, cursor },
  });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  if (data.data.length === 0) {
    session.note('There are no chats yet.');
    return EXIT.ok;
  }
  const { dim } = session.colors;
  session.printTable(data.data, [
    { title: 'chat', value: nameOf, isFlexible: true },
    { title: 'with', value: (chat) => (chat.is_group ? `${chat.participants.length} people` : chat.service) },
    {
      title: 'last message',
      value: (chat) => (chat.last_message_at === undefined ? '–' : dateAndTime(chat.last_message_at)),
    },
    { title: 'id', value: (chat) => chat.id, paint: dim },
  ]);
  if (data.next_cursor !== null) {
    session.note(nextPage('More', 'chats', { from, limit, cursor: data.next_cursor }));
  }
  return EXIT.ok;
}
