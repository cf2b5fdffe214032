import { Command, Option } from 'commander';
import type { Act } from './act.ts';
import { EXIT_HELP, type ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';
import { version } from './version.ts';

type Add = (program: Command, act: Act) => void;

/** By the names that people type, in the order and under the headings of the help. */
const COMMANDS: readonly {
  readonly heading: string;
  readonly name: string;
  readonly load: () => Promise<Add>;
}[] = [
  { heading: 'Daemon:', name: 'run', load: async () => (await import('./commands/run.ts')).addRun },
  { heading: 'Daemon:', name: 'status', load: async () => (await import('./commands/status.ts')).addStatus },
  {
    heading: 'Daemon:',
    name: 'capture',
    load: async () => (await import('./commands/capture.ts')).addCapture,
  },
  { heading: 'Daemon:', name: 'lines', load: async () => (await import('./commands/lines.ts')).addLines },
  { heading: 'Daemon:', name: 'pause', load: async () => (await import('./commands/lines.ts')).addPause },
  { heading: 'Daemon:', name: 'resume', load: async () => (await import('./commands/lines.ts')).addResume },
  {
    heading: 'Daemon:',
    name: 'doctor',
    load: async () => (await import('./commands/doctor.ts')).addDoctor,
  },
  { heading: 'Daemon:', name: 'logs', load: async () => (await import('./commands/logs.ts')).addLogs },
  {
    heading: 'Installation:',
    name: 'install',
    load: async () => (await import('./commands/install.ts')).addInstall,
  },
  {
    heading: 'Installation:',
    name: 'upgrade',
    load: async () => (await import('./commands/install.ts')).addUpgrade,
  },
  {
    heading: 'Installation:',
    name: 'restart',
    load: async () => (await import('./commands/restart.ts')).addRestart,
  },
  {
    heading: 'Installation:',
    name: 'uninstall',
    load: async () => (await import('./commands/uninstall.ts')).addUninstall,
  },
  {
    heading: 'Installation:',
    name: 'forget',
    load: async () => (await import('./commands/forget.ts')).addForget,
  },
  {
    heading: 'Installation:',
    name: 'backup',
    load: async () => (await import('./commands/backup.ts')).addBackup,
  },
  {
    heading: 'Installation:',
    name: 'restore',
    load: async () => (await import('./commands/backup.ts')).addRestore,
  },
  {
    heading: 'Installation:',
    name: 'support-bundle',
    load: async () => (await import('./commands/support-bundle.ts')).addSupportBundle,
  },
  { heading: 'Messages:', name: 'send', load: async () => (await import('./commands/send.ts')).addSend },
  {
    heading: 'Messages:',
    name: 'messages',
    load: async () => (await import('./commands/messages.ts')).addMessages,
  },
  { heading: 'Messages:', name: 'chats', load: async () => (await import('./commands/chats.ts')).addChats },
  {
    heading: 'Messages:',
    name: 'outbox',
    load: async () => (await import('./commands/outbox.ts')).addOutbox,
  },
  { heading: 'Messages:', name: 'tail', load: async () => (await import('./commands/tail.ts')).addTail },
  {
    heading: 'Messages:',
    name: 'export',
    load: async () => (await import('./commands/export.ts')).addExport,
  },
  {
    heading: 'Programs:',
    name: 'webhooks',
    load: async () => (await import('./commands/webhooks.ts')).addWebhooks,
  },
  {
    heading: 'Programs:',
    name: 'listen',
    load: async () => (await import('./commands/listen.ts')).addListen,
  },
  {
    heading: 'Programs:',
    name: 'events',
    load: async () => (await import('./commands/events.ts')).addEvents,
  },
  {
    heading: 'Growing:',
    name: 'link',
    load: async () => (await import('./commands/link.ts')).addLink,
  },
  {
    heading: 'Growing:',
    name: 'sandbox',
    load: async () => (await import('./commands/sandbox.ts')).addSandbox,
  },
  { heading: 'Keys:', name: 'keys', load: async () => (await import('./commands/keys.ts')).addKeys },
  {
    heading: 'Trying it out:',
    name: 'simulate',
    load: async () => (await import('./commands/simulate.ts')).addSimulate,
  },
  // The last, for it completes all that stands above.
  {
    heading: 'Setting up:',
    name: 'completion',
    load: async () => (await import('./commands/completion.ts')).addCompletion,
  },
];
/** What a shell asks while a line is typed, and what makes it ask: both look at all commands. */
const LOOKING_AT_ALL: ReadonlySet<string> = new Set(['completion', 'complete']);

const EXAMPLES = `
Examples:
  blueline run                                  the daemon, in the foreground
  blueline install --dry-run                    what an installation as LaunchAgent would do
  blueline status                               is it well, and what to do if not
  blueline doctor                               everything that the line depends on, with the cure
  blueline send +15551234567 On my way          a text, followed until it is proved
  blueline send --check +15551234567 Hello      would it go? nothing is sent
  blueline lines usage                          what is left of the limits
  blueline tail --types message.received        what arrives, as it arrives
  blueline messages --to +15551234567           a conversation
  blueline export --out messages.jsonl          all that this Mac has, a message a line
  blueline outbox list --state unknown          what nobody can prove, to be looked at
  blueline keys create --name crm --json        a key for a program
  blueline listen -f http://localhost:3000      what happens, posted to a program of yours

No Mac at hand? \`blueline simulate\` is one, and says how to run the daemon against it.`;

const SURROUNDINGS = `
Output is for people on a terminal and JSON elsewhere; NO_COLOR is honoured.

Environment:
  BLUELINE_HOME      data folder: config.yaml, the store, the key of these commands
  BLUELINE_URL       address of the daemon, if it is not the one of the data folder
  BLUELINE_API_KEY   key to use in place of the data folder's cli.key
  BLUELINE_…         each key of config.yaml by its path, such as BLUELINE_HTTP_PORT

Exit codes:
  ${EXIT_HELP.join('\n  ')}`;

/**
 * The command line, ready to parse: the command that `argv` begins with, or all of them where it begins with none. What
 * the others need is not loaded: it is more than the work of some takes. Nothing of it ends the process or writes past
 * the session.
 */
export async function createProgram(
  session: Session,
  argv: readonly string[],
  hooks: { readonly ended: (code: ExitCode) => void; readonly writeError: (text: string) => void },
): Promise<Command> {
  const { io, colors } = session;
  const act: Act =
    (work) =>
    async (...args) =>
      hooks.ended(await work(session, ...args));
  const program = new Command('blueline')
    .description("Turns this Mac's Messages into a dependable line: tails chat.db, sends, loses nothing.")
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help, of a command too')
    .helpCommand('help [command]', 'print help')
    .addOption(new Option('--json', 'JSON for machines, also on a terminal').conflicts('plain'))
    .addOption(new Option('--plain', 'text without colour and frames, also where it is no terminal'))
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (text) => colors.bold(text),
      styleCommandText: (text) => colors.cyan(text),
      styleSubcommandText: (text) => colors.cyan(text),
      styleOptionText: (text) => colors.cyan(text),
      styleArgumentText: (text) => colors.cyan(text),
    })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: hooks.writeError,
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => colors.isColorSupported,
      getErrHasColors: () => false,
    })
    .addHelpText('after', EXAMPLES + '\n' + SURROUNDINGS);

  const first = argv.find((word) => !word.startsWith('-'));
  const named = LOOKING_AT_ALL.has(first ?? '') ? [] : COMMANDS.filter(({ name }) => name === first);
  for (const { heading, load } of named.length === 0 ? COMMANDS : named) {
    program.commandsGroup(heading);
    (await load())(program, act);
  }
  return program;
}
