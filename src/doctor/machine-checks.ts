import { PANES, readClockOffset, readCodeIdentity, readPower, type Machine } from '../host/index.ts';
import { fail, ok, warn, type DoctorDeps, type Found } from './check.ts';

/** Ventura: the oldest that the scripts are compiled against. */
const OLDEST_MACOS = 13;
/** Beyond this, times in events and in windows of the guard are plainly wrong. */
const CLOCK_FAIL_SECONDS = 60;
const CLOCK_WARN_SECONDS = 2;

export function checkMacOs({ host }: DoctorDeps, { productVersion, build }: Machine): Found {
  if (!host.isMac) {
    return warn(
      'This is no Mac: what only a Mac has was not looked at.',
      'Run Blueline on a Mac; here only a simulated one can be used.',
    );
  }
  if (productVersion === null) {
    return warn('sw_vers does not tell the version.', 'Run `sw_vers` by hand, and report what it says.');
  }
  const told = `macOS ${productVersion}${build === null ? '' : ` (${build})`}.`;
  return Number.parseInt(productVersion, 10) >= OLDEST_MACOS
    ? ok(told)
    : warn(told, `Update it: Blueline is made for macOS ${OLDEST_MACOS} and later.`);
}

export async function checkNode({ host, node }: DoctorDeps): Promise<Found> {
  const { realPath, isLinked, isVersionedPlace, team, isNodeTeam } = await readCodeIdentity(host, node);
  const where = `${realPath}${isLinked ? ` (by the link ${node})` : ''}, ${team === null ? 'no team in its signature' : `signed by team ${team}`}.`;
  if (isVersionedPlace) {
    return warn(
      `${where} Its path holds its version, so that an update of Node takes its permissions away.`,
      'Run `blueline install`: it brings a Node of its own with a path that stays.',
    );
  }
  if (host.isMac && !isNodeTeam) {
    return warn(
      `${where} It is not the build of nodejs.org, so that another build loses its permissions.`,
      'Run `blueline install`, which brings that build.',
    );
  }
  return ok(where);
}

/** For information: nothing of Blueline depends on it. */
export function checkSip(_deps: DoctorDeps, { isSipOn }: Machine): Found {
  return ok(
    isSipOn === null
      ? 'csrutil does not tell.'
      : `It is ${isSipOn ? 'on' : 'off'}; Blueline works with either.`,
  );
}

export function checkFileVault(_deps: DoctorDeps, { isFileVaultOn }: Machine): Found {
  if (isFileVaultOn === null) {
    return warn('fdesetup does not tell.', 'Run `fdesetup status` by hand.');
  }
  return isFileVaultOn
    ? warn(
        'It is on: after a restart this Mac waits for a password, and nothing runs until then.',
        'Switch it off if this Mac must come back by itself, or be there after each restart.',
      )
    : ok('It is off: this Mac can come back by itself.');
}

export function checkAutoLogin(_deps: DoctorDeps, { hasAutoLogin }: Machine): Found {
  if (hasAutoLogin === null) {
    return warn('It cannot be read.', 'Look under Users & Groups.', PANES.users);
  }
  return hasAutoLogin
    ? ok('A user is logged in by himself after a restart.')
    : warn(
        'Nobody is logged in by himself: after a restart or a power failure the line is gone until somebody comes.',
        'Choose this user under “Automatically log in as” (FileVault must be off for that).',
        PANES.users,
      );
}

export function checkUpdates(_deps: DoctorDeps, { installsUpdates }: Machine): Found {
  return installsUpdates === false
    ? ok('Updates of macOS wait for a person.')
    : warn(
        installsUpdates === null
          ? 'It is left to the system, which may install updates of macOS by itself.'
          : 'Updates of macOS install themselves, which can leave this Mac at the login window.',
        'Switch “Install macOS updates” off under Automatic Updates.',
        PANES.softwareUpdate,
      );
}

export async function checkSleep({ host }: DoctorDeps): Promise<Found> {
  const { sleepMinutes, isHeldAwake, restartsAfterPowerFailure } = await readPower(host);
  const cure = 'sudo pmset -a sleep 0 disksleep 0 powernap 0 womp 1 autorestart 1';
  if (sleepMinutes === null) {
    return warn('pmset does not tell whether this Mac sleeps.', cure, PANES.energy);
  }
  const held = isHeldAwake === true ? 'something holds it awake now' : 'nothing holds it awake';
  if (sleepMinutes > 0) {
    return warn(`It sleeps after ${sleepMinutes} min without use (${held}).`, cure, PANES.energy);
  }
  if (restartsAfterPowerFailure === false) {
    return warn('It never sleeps, but stays off after a power failure.', cure, PANES.energy);
  }
  return ok(`It never sleeps (${held}).`);
}

export async function checkClock({ host }: DoctorDeps): Promise<Found> {
  const offset = await readClockOffset(host);
  if (offset === null) {
    return warn('No time server answers.', 'Check the network, and Date & Time.', PANES.dateAndTime);
  }
  const off = Math.abs(offset);
  const told = `It is ${off.toFixed(2)} s ${offset > 0 ? 'behind' : 'ahead'}.`;
  const cure = 'Switch “Set time and date automatically” on.';
  if (off >= CLOCK_FAIL_SECONDS) {
    return fail(told, cure, PANES.dateAndTime);
  }
  return off >= CLOCK_WARN_SECONDS ? warn(told, cure, PANES.dateAndTime) : ok(told);
}
