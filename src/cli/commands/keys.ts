import type { Command } from 'commander';
import { dataFolder, loadConfig } from '../../config/index.ts';
import { SCOPES } from '../../contract/index.ts';
import type { Keys, StoredKey } from '../../http/index.ts';
import { systemClock } from '../../runtime/index.ts';
import { CLI_KEY_NAME } from '../cli-key.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { dateAndTime } from '../moments.ts';
import { commaList } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

interface CreateOptions {
  readonly name: string;
  readonly scopes?: readonly string[];
  readonly lines?: readonly string[];
  readonly sandbox?: boolean;
}

export function addKeys(program: Command, act: Act): void {
  const keys = program
    .command('keys')
    .description('make, list and revoke API keys, whether the daemon runs or not')
    .helpCommand(false);
  keys
    .command('create')
    .description('make a key; it is shown this once')
    .requiredOption('--name <name>', 'what it is for')
    .option('--scopes <scopes>', 'what it may do, with commas between (default: all)', commaList)
    .option('--lines <lines>', 'the lines that it may see, by id or address (default: all)', commaList)
    .option('--sandbox', 'it sends only to contacts who texted the code of `blueline sandbox` to the line')
    .addHelpText('after', `\nScopes: ${SCOPES.join(', ')}.`)
    .action(act(create));
  keys.command('list').description('list the keys, without their secrets').action(act(listAll));
  keys
    .command('revoke <id>')
    .description('end a key; what it has open is closed within a second')
    .action(act(revoke));
}

function create(session: Session, { name, scopes, lines, sandbox }: CreateOptions): Promise<ExitCode> {
  if (name === CLI_KEY_NAME) {
    throw new CliError(
      EXIT.usage,
      'key_name_taken',
      `The name ${CLI_KEY_NAME} belongs to the key that these commands use.`,
      'Choose another --name.',
    );
  }
  return withKeys(session, (keys) => {
    const { key, ...stored } = keys.create({
      name,
      scopes: scopes ?? null,
      lines: lines ?? null,
      isSandbox: sandbox ?? false,
    });
    if (session.format === 'json') {
      const { id, ...more } = toJson(stored);
      session.printJson({ id, key, ...more });
      return EXIT.ok;
    }
    const { bold, dim } = session.colors;
    session.print(`${bold(key)}\n`);
    session.print(`  ${dim('id'.padEnd(8))}${stored.id}`);
    session.print(`  ${dim('name'.padEnd(8))}${visible(stored.name)}`);
    session.print(`  ${dim('scopes'.padEnd(8))}${scopesText(stored)}`);
    session.print(`  ${dim('lines'.padEnd(8))}${linesText(stored)}`);
    if (stored.isSandbox) {
      session.print(`  ${dim('sandbox'.padEnd(8))}yes: \`blueline sandbox\` shows the code`);
    }
    session.note('Keep it in a safe place: it is not shown again.');
    return EXIT.ok;
  });
}

function listAll(session: Session): Promise<ExitCode> {
  return withKeys(session, (keys) => {
    const all = keys.list();
    if (session.format === 'json') {
      session.printJson({ data: all.map(toJson) });
    } else if (all.length === 0) {
      session.note('There are no keys yet: blueline keys create --name <name>');
    } else {
      const { dim } = session.colors;
      const paint = (text: string, key: StoredKey) => (key.revokedAt === null ? text : dim(text));
      session.printTable(all, [
        { title: 'id', value: (key) => key.id, paint },
        { title: 'name', value: (key) => key.name, paint },
        { title: 'scopes', value: scopesText, paint, isFlexible: true },
        { title: 'lines', value: linesText, paint },
        { title: 'sandbox', value: (key) => (key.isSandbox ? 'yes' : ''), paint },
        { title: 'made', value: (key) => dateAndTime(key.createdAt), paint },
        {
          title: 'revoked',
          value: (key) => (key.revokedAt === null ? '' : dateAndTime(key.revokedAt)),
          paint,
        },
      ]);
    }
    return EXIT.ok;
  });
}

function revoke(session: Session, id: string): Promise<ExitCode> {
  return withKeys(session, (keys) => {
    const wasRevoked = keys.revoke(id);
    const key = keys.list().find((candidate) => candidate.id === id);
    if (key === undefined) {
      throw new CliError(
        EXIT.notFound,
        'key_not_found',
        'There is no key with this id.',
        '`blueline keys list` lists them.',
      );
    }
    if (session.format === 'json') {
      session.printJson(toJson(key));
    } else {
      session.print(`${visible(key.name)} ${wasRevoked ? 'is revoked' : 'had been revoked before'}.`);
    }
    return EXIT.ok;
  });
}

/** Works on the store itself: SQLite lets the daemon and this command write in turn, and the daemon looks at each use. */
async function withKeys(session: Session, work: (keys: Keys) => ExitCode): Promise<ExitCode> {
  const { environment } = session;
  const { config } = loadConfig(environment);
  const [{ openStore }, { createKeys }] = await Promise.all([
    import('../../store/index.ts'),
    import('../../http/index.ts'),
  ]);
  const store = openStore(dataFolder(environment));
  try {
    return work(createKeys(store, systemClock(config.clockOffsetMs)));
  } finally {
    store.close();
  }
}

function toJson(key: StoredKey) {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    lines: key.lines,
    sandbox: key.isSandbox,
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
  };
}

function scopesText({ scopes }: StoredKey): string {
  return scopes.length === SCOPES.length ? 'all' : scopes.join(', ');
}

function linesText({ lines }: StoredKey): string {
  return lines === null ? 'all' : lines.join(', ');
}
