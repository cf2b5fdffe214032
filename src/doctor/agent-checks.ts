import { hasGuiSession, outputOf, readJob } from '../host/index.ts';
import { fail, ok, warn, type DoctorDeps, type Found } from './check.ts';

const LOGIN = 'Log in on the screen of this Mac as this user; screen sharing will do.';

/** launchd's name for the session that has the windows (launchctl(1), `managername`). */
const GRAPHICAL = 'Aqua';

export async function checkGuiSession({ asked, host, uid }: DoctorDeps): Promise<Found> {
  const isThere = await hasGuiSession(host, uid);
  if (isThere === null) {
    return warn('launchctl does not tell.', 'Run `launchctl print gui/$UID` by hand.');
  }
  if (!isThere) {
    return fail(`gui/${uid} is not there: without a graphical session nothing can be sent.`, LOGIN);
  }
  const manager = outputOf(await host.run('launchctl', ['managername']));
  return asked === 'agent' && manager !== null && manager !== GRAPHICAL
    ? fail(
        `gui/${uid} is there, but the daemon was started outside of it (in ${manager}), where nothing can be sent.`,
        'Run it as the LaunchAgent (`blueline install`), not over ssh.',
      )
    : ok(`gui/${uid} is there.`);
}

export async function checkAgent({ host, uid, label }: DoctorDeps): Promise<Found> {
  const job = await readJob(host, `gui/${uid}/${label}`);
  switch (job.state) {
    case 'no_session':
      return fail('There is no graphical session for it to run in.', LOGIN);
    case 'not_loaded':
      return warn(
        'launchd does not know it: nothing starts Blueline again after a crash or a restart.',
        'Run `blueline install`.',
      );
    case 'unknown':
      return warn(`launchd does not tell (${job.why}).`, 'Run `blueline status` on the Mac itself.');
    case 'loaded': {
      const { status, pid, runs, lastExit, reason } = job;
      const told = `${status}${pid === null ? '' : ` as process ${pid}`}, started ${runs ?? '?'} times, last exit ${lastExit ?? '?'}${reason === null ? '' : `, because: ${reason}`}.`;
      if (pid === null) {
        return fail(
          `It does not run: ${told} launchd leaves an agent alone that crashed often, or that ended when it was asked to.`,
          'Run `blueline logs --crash`, then `blueline restart`.',
        );
      }
      const hasCrashed = (runs ?? 1) > 1 && lastExit !== null && !/^(?:0\b|\(never)/u.test(lastExit);
      return hasCrashed
        ? warn(`It has crashed before: ${told}`, 'Look at `blueline logs --crash`.')
        : ok(told);
    }
    default:
      return job satisfies never;
  }
}
