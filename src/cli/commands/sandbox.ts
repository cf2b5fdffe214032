import type { Command } from 'commander';
import { sandboxSchema } from '../../contract/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { dateAndTime } from '../moments.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

interface Options {
  readonly renew?: boolean;
}

export function addSandbox(program: Command, act: Act): void {
  program
    .command('sandbox')
    .description('the code that lets a contact be written to by sandbox keys, and who is in')
    .option('--renew', 'another code; nobody is in until they text it')
    .addHelpText(
      'after',
      `
A sandbox key (\`blueline keys create --sandbox\`) sends only to contacts who have texted the code
to the line, and all such keys together 50 times a day.`,
    )
    .action(act(sandbox));
}

async function sandbox(session: Session, { renew }: Options): Promise<ExitCode> {
  const api = connectApi(session);
  const { raw, data } =
    renew === true
      ? await api.post({ path: '/v1/sandbox/renew', answer: sandboxSchema, body: {}, headers: {} })
      : await api.get({ path: '/v1/sandbox', answer: sandboxSchema });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  const { bold, dim } = session.colors;
  const { code, line, link, contacts, quota } = data;
  session.print(`${bold(code)}  ${dim(line === null ? 'text it to the line' : `text it to ${line}`)}`);
  if (link !== null) {
    session.print(`  ${dim('link'.padEnd(8))}${link}`);
  }
  session.print(
    `  ${dim('sends'.padEnd(8))}${quota.used} of ${quota.limit} today, until ${dateAndTime(quota.resets_at)}`,
  );
  for (const { handle, activated_at: at } of contacts) {
    session.print(`  ${dim('in'.padEnd(8))}${visible(handle)} since ${dateAndTime(at)}`);
  }
  if (contacts.length === 0) {
    session.note('Nobody has texted it yet.');
  }
  return EXIT.ok;
}
