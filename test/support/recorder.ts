import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One script that the daemon ran, as its stand-in saw it. */
export interface RecordedCall {
  readonly argv: readonly string[];
  readonly script: string;
}

/** A stand-in for `osascript` that keeps what it was given, byte for byte, and then lets another answer. */
export function recordCalls(
  folder: string,
  osascript: string,
): { readonly path: string; calls(): RecordedCall[] } {
  const calls = join(folder, 'calls');
  mkdirSync(calls, { recursive: true });
  const path = join(folder, 'recorder');
  writeFileSync(
    path,
    `#!/bin/sh
call=$(mktemp -d '${calls}/XXXXXXXX')
cat > "$call/script"
for argument in "$@"; do printf '%s\\0' "$argument"; done > "$call/argv"
exec '${osascript}' "$@" < "$call/script"
`,
  );
  chmodSync(path, 0o755);
  return {
    path,
    calls: () =>
      readdirSync(calls)
        .map((name) => join(calls, name))
        .filter((call) => existsSync(join(call, 'argv')))
        .map((call) => ({
          argv: readFileSync(join(call, 'argv'), 'utf8').split('\0').slice(0, -1),
          script: readFileSync(join(call, 'script'), 'utf8'),
        })),
  };
}
