import type { Host } from './host.ts';
import { outputOf } from './tool-end.ts';

/** The system, as far as it says. Each `null`: it did not. */
export interface Machine {
  readonly productVersion: string | null;
  readonly build: string | null;
  /** System Integrity Protection. */
  readonly isSipOn: boolean | null;
  readonly isFileVaultOn: boolean | null;
  /** Somebody is logged in by himself after a restart. */
  readonly hasAutoLogin: boolean | null;
  /** Updates of macOS install themselves, which parks the Mac at the login window. */
  readonly installsUpdates: boolean | null;
}

export async function readMachine(host: Host): Promise<Machine> {
  const [versions, sip, fileVault, autoLogin, updates] = await Promise.all([
    host.run('sw_vers', []),
    host.run('csrutil', ['status']),
    host.run('fdesetup', ['status']),
    host.run('defaults', ['read', '/Library/Preferences/com.apple.loginwindow', 'autoLoginUser']),
    host.run('defaults', [
      'read',
      '/Library/Preferences/com.apple.SoftwareUpdate',
      'AutomaticallyInstallMacOSUpdates',
    ]),
  ]);
  const said = outputOf(versions) ?? '';
  const update = outputOf(updates);
  return {
    productVersion: /^ProductVersion:\s*(\S+)/mu.exec(said)?.[1] ?? null,
    build: /^BuildVersion:\s*(\S+)/mu.exec(said)?.[1] ?? null,
    isSipOn: switchOf(outputOf(sip), /status: enabled/u, /status: disabled/u),
    isFileVaultOn: switchOf(outputOf(fileVault), /FileVault is On/u, /FileVault is Off/u),
    // `defaults` ends with 1 where there is no such key: nobody is logged in by himself.
    hasAutoLogin: autoLogin.end === 'exited' ? autoLogin.code === 0 && autoLogin.stdout.trim() !== '' : null,
    // Without the key the system's own choice holds, which differs by version.
    installsUpdates: update === null ? null : update === '1' || update === 'true',
  };
}

/** Whether this Mac stays awake. */
export interface Power {
  /** Minutes without use after which it sleeps, 0 for never; `null` where it does not say. */
  readonly sleepMinutes: number | null;
  /** Something holds it awake now. */
  readonly isHeldAwake: boolean | null;
  /** It starts again by itself after a power failure. */
  readonly restartsAfterPowerFailure: boolean | null;
}

export async function readPower(host: Host): Promise<Power> {
  const [settings, assertions] = await Promise.all([
    host.run('pmset', ['-g']),
    host.run('pmset', ['-g', 'assertions']),
  ]);
  const said = outputOf(settings);
  const sleep = /^\s*sleep\s+(\d+)/mu.exec(said ?? '')?.[1];
  const restart = /^\s*autorestart\s+(\d)/mu.exec(said ?? '')?.[1];
  const held = outputOf(assertions);
  return {
    sleepMinutes: sleep === undefined ? null : Number(sleep),
    isHeldAwake:
      held === null ? null : /^\s*(?:PreventUserIdleSystemSleep|PreventSystemSleep)\s+1$/mu.test(held),
    restartsAfterPowerFailure: restart === undefined ? null : restart === '1',
  };
}

function switchOf(said: string | null, on: RegExp, off: RegExp): boolean | null {
  if (said === null) {
    return null;
  }
  return on.test(said) ? true : off.test(said) ? false : null;
}
