import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { agentOf } from '../agent.ts';
import { bundleFiles } from '../bundle-files.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { fileStamp } from '../moments.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

interface Options {
  readonly out?: string;
}

export function addSupportBundle(program: Command, act: Act): void {
  program
    .command('support-bundle')
    .description(
      'an archive for a bug report: the doctor, health, versions, figures, logs; no text, address or key',
    )
    .option('--out <file>', 'where to (blueline-support-<time>.tar.gz in this folder)')
    .action(act(supportBundle));
}

async function supportBundle(session: Session, options: Options): Promise<ExitCode> {
  const { files, missing } = await bundleFiles(session, agentOf(session));
  const name = `blueline-support-${fileStamp(session.clock.now())}`;
  const out = resolve(options.out ?? `${name}.tar.gz`);
  const folder = mkdtempSync(join(tmpdir(), 'blueline-support-'));
  try {
    for (const [path, content] of files) {
      mkdirSync(join(folder, name, dirname(path)), { recursive: true });
      writeFileSync(join(folder, name, path), content, { mode: 0o600 });
    }
    // Every macOS and every Linux has it. That of macOS would add a file for each file's attributes.
    const env = { PATH: '/usr/bin:/bin', COPYFILE_DISABLE: '1' };
    await promisify(execFile)('tar', ['-czf', out, '-C', folder, name], { env });
    chmodSync(out, 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const bytes = statSync(out).size;
  if (session.format === 'json') {
    session.printJson({ file: out, bytes, contains: [...files.keys()], missing });
  } else {
    session.print(`${visible(out)} (${Math.ceil(bytes / 1000)} kB)`);
    session.print(`  holds ${[...files.keys()].join(', ')}`);
    if (missing.length > 0) {
      session.print(`  not to be had: ${missing.join(', ')}`);
    }
    session.print(
      'Look into it before you send it: what is meant to be left out is texts, addresses and keys.',
    );
  }
  return EXIT.ok;
}
