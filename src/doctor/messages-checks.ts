import { PANES, readMessagesProcesses } from '../host/index.ts';
import { hasAccount } from '../messages-app/index.ts';
import { fail, ok, warn, type DoctorDeps, type Found } from './check.ts';

/** Apple's number for "never asked, or not answered yet". */
const WOULD_PROMPT = -1744;

export async function checkProcess({ host, uid }: DoctorDeps): Promise<Found> {
  const processes = await readMessagesProcesses(host, uid);
  if (processes === null) {
    return warn('The process list cannot be read.', 'Look whether Messages is open.');
  }
  const { count, since } = processes;
  if (count === 0) {
    return fail('It is not open.', 'Open Messages on this Mac, and keep it open.');
  }
  const age = since === null ? '' : `, for ${since}`;
  return count === 1
    ? ok(`It is open${age}.`)
    : warn(`${count} of it run for this user${age}.`, 'Quit Messages and open it again.');
}

/** Whether macOS lets us ask Messages. */
export async function checkAutomation({ asked, app }: DoctorDeps): Promise<Found> {
  const status = await app();
  const whose = asked === 'agent' ? 'the agent' : 'this terminal (the agent has a permission of its own)';
  switch (status.state) {
    case 'running':
      return ok(`Messages answers ${whose}.`);
    case 'denied':
      return status.code === WOULD_PROMPT
        ? fail(
            `macOS has asked whether ${whose} may control Messages, and nobody has answered (${status.code}).`,
            'Answer the prompt on the screen of this Mac.',
            PANES.automation,
          )
        : fail(
            `macOS does not let ${whose} control Messages (${status.code}).`,
            'Switch Messages on under node, then run `blueline restart`.',
            PANES.automation,
          );
    case 'not_running':
      return warn('It cannot be told while Messages is not open.', 'Open Messages.');
    case 'not_responding':
      return fail(
        'Messages does not answer: a prompt or a dialog may be waiting on the screen.',
        'Look at the screen of this Mac; else quit Messages and open it again.',
        PANES.automation,
      );
    case 'unknown':
      return fail(
        `Messages could not be asked${status.code === null ? '' : ` (${status.code})`}.`,
        'Run it in the graphical session of the user: as the LaunchAgent, not over ssh.',
      );
    default:
      return status satisfies never;
  }
}

export async function checkAccounts({ app }: DoctorDeps): Promise<Found> {
  const status = await app();
  if (status.state !== 'running') {
    return warn('Messages does not tell now.', 'See Automation.');
  }
  const { accounts } = status;
  const told = accounts
    .map(({ serviceType, enabled, connection }) => `${serviceType} ${enabled ? 'on' : 'off'}, ${connection}`)
    .join('; ');
  if (!hasAccount(accounts, 'iMessage')) {
    return fail(
      `No account for iMessage is on${told === '' ? '' : ` (${told})`}.`,
      'Sign in under Messages › Settings › iMessage.',
    );
  }
  const isConnected = accounts.some(
    ({ serviceType, enabled, connection }) =>
      serviceType === 'iMessage' && enabled && connection === 'connected',
  );
  return isConnected
    ? ok(`${told}.`)
    : warn(
        `${told}: iMessage is not connected.`,
        'Check the network; else sign out of iMessage and in again.',
      );
}
