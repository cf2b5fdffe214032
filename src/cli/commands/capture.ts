import type { Command } from 'commander';
import { captureSchema, healthSchema, type WireCapture } from '../../contract/index.ts';
import { BluelineError } from '../../runtime/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ago } from '../moments.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

export function addCapture(program: Command, act: Act): void {
  program
    .command('capture')
    .description('how the Messages database is being read')
    .command('status')
    .description('mode, lag, position, resets of the WAL, and the comparison of all rows')
    .addHelpText(
      'after',
      '\nEnds with 0 if the database is being followed, 1 if not, 6 if the daemon is not reachable.',
    )
    .action(act(captureStatus));
}

async function captureStatus(session: Session): Promise<ExitCode> {
  const api = connectApi(session, 'required');
  const { data } = await api.get({ path: '/health', answer: healthSchema, alsoGood: [503] });
  const capture = captureSchema.safeParse(data.capture);
  if (!capture.success) {
    throw new BluelineError('capture_unknown', 'The daemon does not say how it reads the database.', {
      advice: 'Use a key with the scope health:read, and a daemon of the same version as this command.',
    });
  }
  if (session.format === 'json') {
    session.printJson(data.capture);
  } else {
    session.print(describe(capture.data, data.checked_at, session));
  }
  return capture.data.state === 'following' ? EXIT.ok : EXIT.failure;
}

function describe(capture: WireCapture, now: number, session: Session): string {
  const { bold, dim, green, red } = session.colors;
  const isFollowing = capture.state === 'following';
  const paint = isFollowing ? green : red;
  const code = capture.code === null ? '' : ` (${visible(capture.code)})`;
  const facts = factsOf(capture, now).map(([name, value]) => `  ${dim(name.padEnd(12))}${visible(value)}`);
  return [`${paint('●')} ${bold(paint(capture.state))}${code}`, '', ...facts].join('\n');
}

function factsOf(capture: WireCapture, now: number): (readonly [name: string, value: string])[] {
  const { resets, reconcile, database } = capture;
  const facts: (readonly [string, string])[] = [
    ['mode', modeText(capture)],
    ['position', `row ${capture.cursor ?? '–'}`],
    ['lag', `${capture.lag_ms} ms at the last rows`],
    ['incomplete', `${capture.pending_rows} rows wait for their chat or body`],
  ];
  if (resets !== undefined && capture.mode === 'wal') {
    facts.push([
      'WAL resets',
      `${resets.proved} with every commit seen, ${resets.salvaged} completed from the old tail, ${resets.lost} lost and compared`,
    ]);
  }
  if (database !== undefined) {
    const vacuum = ['none', 'full', 'incremental'][database.auto_vacuum] ?? String(database.auto_vacuum);
    facts.push([
      'file',
      `${database.journal_mode}, pages of ${database.page_size} bytes, auto-vacuum ${vacuum}`,
    ]);
  }
  if (reconcile !== undefined) {
    facts.push(['comparison', reconcileText(reconcile, now)], ['surprises', String(reconcile.surprises)]);
  }
  return facts;
}

function modeText({ mode, mode_reason: reason }: WireCapture): string {
  return mode === 'wal'
    ? 'wal: every change of any row'
    : `scan: recent and open rows at once, all others once a day${reason === undefined ? '' : ` (${reason})`}`;
}

function reconcileText(
  { running, rows, of, finished_at: at }: NonNullable<WireCapture['reconcile']>,
  now: number,
): string {
  const last = at === null ? 'none finished yet' : `last finished ${ago(now - at)}`;
  return running === null ? last : `${running}: ${rows} of about ${of} rows; ${last}`;
}
