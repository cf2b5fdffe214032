import type { Command } from 'commander';
import { erasureSchema } from '../../contract/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

/** A journal of some GB is read from end to end. */
const TIMEOUT_MS = 300_000;

export function addForget(program: Command, act: Act): void {
  program
    .command('forget <handle>')
    .description("erase what was said with a contact from Blueline's own store, for good")
    .addHelpText(
      'after',
      `
Every event that names the contact becomes \`event.erased\` under its sequence; the texts, file names
and metadata of commands to the contact go, and uploads that only they needed. What still waits to be
sent is canceled. Messages keeps its own copy: delete the conversation there. A contact with several
addresses is forgotten by each of them. What the limits count (when something went, that the contact
opted out) stays; it holds no text.`,
    )
    .action(act(forget));
}

async function forget(session: Session, handle: string): Promise<ExitCode> {
  const { raw, data } = await connectApi(session).post({
    path: '/v1/bridge/forget',
    answer: erasureSchema,
    body: { handle },
    headers: {},
    timeoutMs: TIMEOUT_MS,
  });
  if (session.format === 'json') {
    session.printJson(raw);
  } else {
    session.print(
      `Erased of ${visible(data.handle)}: ${data.events} events, ${data.commands} commands ` +
        `(${data.canceled} of them were waiting and are canceled), ${data.files} files.`,
    );
    if (data.kept > 0) {
      session.print(`Kept: ${data.kept} commands that are not at their end. Run it again in half an hour.`);
    }
    if (!data.is_scrubbed) {
      session.print('Another program reads the store, a backup perhaps. Run it again when that has ended.');
    }
    session.print('Not erased: what Messages has of it. Delete the conversation there.');
    session.print(
      `Backups keep what they hold${data.also_in.length === 0 ? '' : `, and so do in the data folder: ${data.also_in.join(', ')}`}.`,
    );
  }
  return data.kept > 0 || !data.is_scrubbed ? EXIT.failure : EXIT.ok;
}
