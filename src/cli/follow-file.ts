import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { sleep, type Clock } from '../runtime/index.ts';

const LOOK_EVERY_MS = 250;
const CHUNK_BYTES = 65_536;

/** The last lines of files that continue each other, the eldest first; `null` where none of them is there. */
export function lastLines(paths: readonly string[], count: number): readonly string[] | null {
  const texts = paths.flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      return [];
    }
  });
  if (texts.length === 0) {
    return null;
  }
  const lines = texts
    .join('')
    .split('\n')
    .filter((line) => line !== '');
  return count === 0 ? [] : lines.slice(-count);
}

/** Hands on each line that is written to a file from now on, also when another takes its place, until the signal. */
export async function followFile(
  path: string,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly onLine: (line: string) => void },
): Promise<void> {
  const { clock, signal, onLine } = options;
  let file = open(path);
  let at = file === null ? 0 : fstatSync(file.fd).size;
  let decoder = new StringDecoder('utf8');
  let rest = '';
  const readOn = () => {
    if (file === null) {
      return;
    }
    const { size } = fstatSync(file.fd);
    // It was emptied under our hands.
    at = Math.min(at, size);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let read = 1; read > 0; at += read) {
      read = readSync(file.fd, chunk, 0, CHUNK_BYTES, at);
      const lines = `${rest}${decoder.write(chunk.subarray(0, read))}`.split('\n');
      rest = lines.pop() ?? '';
      lines.filter((line) => line !== '').forEach(onLine);
    }
  };
  try {
    while (!signal.aborted) {
      readOn();
      const next = inodeOf(path);
      if (next !== null && next !== file?.inode) {
        // The end of the one before is read above: whoever replaces a file writes it no more.
        if (file !== null) {
          readOn();
          closeSync(file.fd);
        }
        file = open(path);
        at = 0;
        rest = '';
        decoder = new StringDecoder('utf8');
        readOn();
      }
      await sleep(clock, LOOK_EVERY_MS, signal);
    }
  } finally {
    if (file !== null) {
      closeSync(file.fd);
    }
  }
}

function open(path: string): { readonly fd: number; readonly inode: bigint } | null {
  try {
    const fd = openSync(path, 'r');
    return { fd, inode: fstatSync(fd, { bigint: true }).ino };
  } catch {
    return null;
  }
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}
