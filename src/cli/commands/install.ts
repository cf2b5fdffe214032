import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { putInPlace, type PutOptions } from '../put-in-place.ts';

export function addInstall(program: Command, act: Act): void {
  program
    .command('install')
    .description(
      'install this version as a LaunchAgent, which runs from login on and starts again after a crash',
    )
    .option('--dry-run', 'every file, every command and the LaunchAgent; nothing is done')
    .addHelpText(
      'after',
      `
Copies Blueline with its own Node to ~/Applications/Blueline, writes the LaunchAgent, starts it,
waits until it answers, and says what is left to do by hand. Again is harmless: it puts this
version in the place of the one that is there.`,
    )
    .action(act((session, options: PutOptions) => putInPlace(session, options, false)));
}

export function addUpgrade(program: Command, act: Act): void {
  program
    .command('upgrade')
    .description(
      'replace the installed version by this one; the old one comes back if this one does not come up',
    )
    .option('--from <folder>', 'a checkout, or a folder that `npm run build` made')
    .option('--dry-run', 'every file and every command; nothing is done')
    .addHelpText(
      'after',
      `
The new version is copied beside the old one and tried; then they change places. If it does not
answer within a minute, or warns of what was well before, the old one is put back: the command
ends with 1, and the code is rolled_back.`,
    )
    .action(act((session, options: PutOptions) => putInPlace(session, options, true)));
}
