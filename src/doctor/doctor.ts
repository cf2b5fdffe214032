import { readMachine, type Machine } from '../host/index.ts';
import { errorCode } from '../runtime/index.ts';
import { checkAgent, checkGuiSession } from './agent-checks.ts';
import type { Check, DoctorDeps, Found } from './check.ts';
import {
  checkAges,
  checkDatabase,
  checkFullDiskAccess,
  checkSignedIn,
  checkStaging,
} from './database-checks.ts';
import { checkDataFolder, checkDisk, checkLogVolume } from './folder-checks.ts';
import {
  checkAutoLogin,
  checkClock,
  checkFileVault,
  checkMacOs,
  checkNode,
  checkSip,
  checkSleep,
  checkUpdates,
} from './machine-checks.ts';
import { checkAccounts, checkAutomation, checkProcess } from './messages-checks.ts';

export interface Doctor {
  /** Looks at everything, at once; who asks meanwhile gets the same. Never rejects. */
  look(): Promise<readonly Check[]>;
}

type Look = (deps: DoctorDeps, machine: Machine) => Found | Promise<Found>;

/** What only a Mac has; elsewhere nobody needs to hear that it is not there. */
const ONLY_ON_A_MAC: ReadonlySet<string> = new Set([
  'gui_session',
  'agent',
  'messages_process',
  'sleep',
  'auto_login',
  'filevault',
  'auto_update',
  'clock',
  'sip',
]);

/** In the order in which they are told: what others depend on comes first. */
const LOOKS: readonly (readonly [id: string, title: string, look: Look])[] = [
  ['macos', 'macOS', checkMacOs],
  ['node', 'Node', checkNode],
  ['gui_session', 'Graphical session', checkGuiSession],
  ['agent', 'LaunchAgent', checkAgent],
  ['full_disk_access', 'Full Disk Access', checkFullDiskAccess],
  ['signed_in', 'Signed in', checkSignedIn],
  ['chat_db', 'chat.db', checkDatabase],
  ['messages_process', 'Messages', checkProcess],
  ['automation', 'Automation', checkAutomation],
  ['accounts', 'Accounts', checkAccounts],
  ['staging', 'Folder for files', checkStaging],
  ['traffic', 'Last messages', checkAges],
  ['sleep', 'Sleep', checkSleep],
  ['auto_login', 'Automatic login', checkAutoLogin],
  ['filevault', 'FileVault', checkFileVault],
  ['auto_update', 'Automatic updates', checkUpdates],
  ['clock', 'Clock', checkClock],
  ['disk', 'Disk', checkDisk],
  ['data_folder', 'Data folder', checkDataFolder],
  ['log_volume', 'Log', checkLogVolume],
  ['sip', 'System Integrity Protection', checkSip],
];

export function createDoctor(deps: DoctorDeps): Doctor {
  let looking: Promise<readonly Check[]> | null = null;
  return {
    look: () => {
      looking ??= lookAtAll(deps).finally(() => {
        looking = null;
      });
      return looking;
    },
  };
}

async function lookAtAll(deps: DoctorDeps): Promise<readonly Check[]> {
  const machine = await readMachine(deps.host);
  const found = await Promise.all(
    LOOKS.filter(([id]) => deps.host.isMac || !ONLY_ON_A_MAC.has(id)).map(([id, title, look]) =>
      lookAt(id, title, () => look(deps, machine)),
    ),
  );
  return [...found, ...warningsOf(deps)];
}

async function lookAt(id: string, title: string, look: () => Found | Promise<Found>): Promise<Check> {
  try {
    return { id, title, ...(await look()) };
  } catch (error) {
    return {
      id,
      title,
      status: 'warn',
      evidence: `It could not be looked at (${errorCode(error)}).`,
      cure: 'Report it, with `blueline support-bundle`.',
      pane: null,
    };
  }
}

function warningsOf({ warnings }: DoctorDeps): readonly Check[] {
  return warnings().map(({ code, severity, text, action }) => ({
    id: `health.${code}`,
    title: 'Health',
    status: severity === 'unhealthy' ? 'fail' : 'warn',
    evidence: text,
    cure: action,
    pane: null,
  }));
}
