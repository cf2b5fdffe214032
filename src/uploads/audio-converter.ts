import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';

/** A voice message of several minutes converts in about a second; what takes longer hangs. */
const TIMEOUT_MS = 60_000;

/** Turns a sound file into another that Messages plays: `converted`, or why it did not. */
export type AudioConverter = (
  source: string,
  target: string,
  signal: AbortSignal,
) => Promise<'converted' | 'absent' | 'failed'>;

/**
 * `afconvert` of macOS, or an executable that takes the same arguments. It writes AAC in a Core Audio file, which
 * Messages plays in place. The bubble of a recorded voice message cannot be had by script: it needs a mark on the row.
 */
export function createAudioConverter(executable: string): AudioConverter {
  return async (source, target, signal) => {
    const isThere = await access(executable, constants.X_OK).then(
      () => true,
      () => false,
    );
    return isThere ? run(executable, ['-f', 'caff', '-d', 'aac', source, target], signal) : 'absent';
  };
}

function run(
  executable: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<'converted' | 'failed'> {
  const options = {
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    signal,
    env: { PATH: '/usr/bin:/bin' },
  } as const;
  return new Promise((resolve) => {
    execFile(executable, args, options, (error) => resolve(error === null ? 'converted' : 'failed'));
  });
}
