/** What may not happen to a reader, counted. */
export interface Watch {
  /** Runs one reader on one blob. */
  run(name: string, read: (blob: Buffer) => unknown, blob: Buffer, what: string): unknown;
  readonly calls: number;
  readonly thrown: readonly string[];
  readonly slow: readonly string[];
  readonly slowest: string;
  /** How often something was written to the terminal meanwhile: what readers find is nobody's business but the caller's. */
  readonly printed: number;
}

/** CPU of this thread, which neither other programs nor the collector's threads can lengthen. */
const LIMIT_MS = 50;
/** A pause of the collector or of the compiler falls on one run; a slow input is slow every time. */
const REPEATS = 5;

export function watchReaders(): Watch {
  const thrown: string[] = [];
  const slow: string[] = [];
  let calls = 0;
  let slowestMs = 0;
  let slowest = 'nothing';
  let printed = 0;
  const timed = (read: (blob: Buffer) => unknown, blob: Buffer) => {
    const before = process.threadCpuUsage();
    const value = read(blob);
    const used = process.threadCpuUsage(before);
    return { value, ms: (used.user + used.system) / 1000 };
  };
  return {
    run: (name, read, blob, what) => {
      calls += 1;
      const restore = silence(() => {
        printed += 1;
      });
      try {
        const { value, ms } = timed(read, blob);
        const again = ms > LIMIT_MS ? Array.from({ length: REPEATS }, () => timed(read, blob).ms) : [];
        const best = Math.min(ms, ...again);
        if (best > slowestMs) {
          slowestMs = best;
          slowest = `${best.toFixed(1)} ms of CPU for ${name}, ${what}`;
        }
        if (best > LIMIT_MS) {
          slow.push(`${name}, ${what}, ${blob.length} bytes: ${best.toFixed(0)} ms`);
        }
        return value;
      } catch (error) {
        thrown.push(
          `${name}, ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        return undefined;
      } finally {
        restore();
      }
    },
    get calls() {
      return calls;
    },
    thrown,
    slow,
    get slowest() {
      return slowest;
    },
    get printed() {
      return printed;
    },
  };
}

/** Takes what is written to the terminal, until the function that it returns is called. */
function silence(onWrite: () => void): () => void {
  const streams = [process.stdout, process.stderr];
  for (const stream of streams) {
    stream.write = () => {
      onWrite();
      return true;
    };
  }
  return () => {
    for (const stream of streams) {
      // What lies underneath is the class's own method.
      Reflect.deleteProperty(stream, 'write');
    }
  };
}
