import type { Command } from 'commander';
import type { WireDiagnosis } from '../../contract/index.ts';
import { diagnose } from '../diagnose.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { wholeNumber } from '../option-values.ts';
import type { Act } from '../act.ts';
import { sendTest, type Rung } from '../send-test.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

const DEFAULT_WAIT_SECONDS = 60;

type Check = WireDiagnosis['checks'][number];

interface Options {
  readonly sendTest?: string;
  readonly for?: number;
}

export function addDoctor(program: Command, act: Act): void {
  program
    .command('doctor')
    .description('look at everything that the line depends on, and tell the cure of what is wrong')
    .option('--send-test <to>', 'send a text there as well, and tell of each rung that it reaches')
    .option(
      '--for <seconds>',
      `how long the text is followed (${DEFAULT_WAIT_SECONDS})`,
      wholeNumber(1, 3600),
    )
    .addHelpText(
      'after',
      `
The running daemon looks, because permissions are its own; where none answers, this command does,
and says so. Ends with 6 where something fails; a warning alone leaves 0. Of a test text each rung
is told: accepted, queued, sending, dispatched (the script ended), sent (the row proves it),
delivered, read; "delivered" never comes for a text message (SMS), and "read" depends on the contact.`,
    )
    .action(act(doctor));
}

async function doctor(session: Session, { sendTest: to, for: seconds }: Options): Promise<ExitCode> {
  const diagnosis = await diagnose(session);
  if (session.format === 'text') {
    tell(session, diagnosis);
  }
  const rungs =
    to === undefined
      ? null
      : await sendTest(session, to, { forMs: (seconds ?? DEFAULT_WAIT_SECONDS) * 1000 });
  const hasFailed =
    diagnosis.checks.some(({ status }) => status === 'fail') ||
    rungs?.some(({ status }) => status === 'fail') === true;
  if (session.format === 'json') {
    session.printJson({ ...diagnosis, ...(rungs === null ? {} : { send_test: rungs }), ok: !hasFailed });
  } else if (rungs !== null) {
    tellRungs(session, rungs);
  }
  return hasFailed ? EXIT.environment : EXIT.ok;
}

function tell(session: Session, { asked, checks }: WireDiagnosis): void {
  const { colors } = session;
  session.print(
    asked === 'agent'
      ? 'As the running daemon sees it:'
      : 'As this command sees it (the agent has permissions of its own):',
  );
  for (const { title, status, evidence, cure, pane } of checks) {
    const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[status];
    session.print(`  ${paint(status.padEnd(4))}  ${visible(title)}: ${visible(evidence)}`);
    if (cure !== null && status !== 'ok') {
      session.print(`        → ${visible(cure)}`);
    }
    if (pane !== null && status !== 'ok') {
      session.print(`          open "${visible(pane)}"`);
    }
  }
  const count = (wanted: Check['status']) => checks.filter(({ status }) => status === wanted).length;
  session.print(`${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed`);
}

function tellRungs(session: Session, rungs: readonly Rung[]): void {
  const { colors } = session;
  session.print('\nThe test text:');
  for (const { rung, status, evidence } of rungs) {
    const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[status];
    session.print(`  ${paint(status.padEnd(4))}  ${rung}: ${visible(evidence)}`);
  }
}
