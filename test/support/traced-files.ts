/** One descriptor on a file, from its opening on. */
export interface Descriptor {
  readonly process: number;
  readonly path: string;
  readonly fd: number;
  /** SQLite locks what it opens; who opens a file by itself does not. */
  readonly askedForLock: boolean;
  readonly isClosed: boolean;
}

/** What a trace tells of some files. */
export interface TracedFiles {
  readonly descriptors: readonly Descriptor[];
  /** Closed while the process held locks on the same file by another descriptor: those were dropped by it. */
  readonly droppedLocks: readonly string[];
  /** Every path that a process asked the kernel to watch. */
  readonly watched: readonly string[];
}

/** The arguments of `strace` for a trace that `readTrace` understands; the traced program keeps its process id. */
export function straceInto(output: string): string[] {
  // -D: the tracer is the grandchild, so that signals and ids are the program's own. -y: descriptors with their paths.
  const calls = 'openat,open,close,fcntl,dup,dup2,dup3,clone,clone3,fork,vfork,inotify_add_watch';
  return [
    'strace',
    '-D',
    '-f',
    '--seccomp-bpf',
    '-y',
    '-q',
    '-s',
    '4096',
    '-e',
    `trace=${calls}`,
    '-o',
    output,
  ];
}

interface Range {
  readonly from: number;
  readonly to: number;
}

interface Open {
  readonly process: number;
  readonly path: string;
  readonly fd: number;
  askedForLock: boolean;
  isClosed: boolean;
  /** The name has since been taken by another file, or by none. */
  isUnlinked: boolean;
  locks: Range[];
}

/**
 * Follows what the traced processes did to the files at `paths`: POSIX locks belong to a process and a file, and closing
 * any descriptor on the file drops all of them, whichever descriptor they were taken by (fcntl(2)).
 */
export function readTrace(text: string, paths: readonly string[]): TracedFiles {
  const calls = finishedCalls(text);
  const processOf = threadOwners(calls);
  const opens: Open[] = [];
  const droppedLocks: string[] = [];
  const watched: string[] = [];
  const find = (process: number, fd: number) =>
    opens.findLast((open) => open.process === process && open.fd === fd && !open.isClosed);

  for (const { thread, name, rest } of calls) {
    const process = processOf(thread);
    const isDone = !/ = -1 /u.test(rest);
    if (name === 'inotify_add_watch') {
      watched.push(/, "([^"]*)"/u.exec(rest)?.[1] ?? rest);
    }
    const result = / = (\d+)<([^>]*)>/u.exec(rest);
    if (result !== null && name !== 'fcntl' && paths.includes(result[2] ?? '')) {
      const open = { process, path: result[2] ?? '', fd: Number(result[1]) };
      opens.push({ ...open, askedForLock: false, isClosed: false, isUnlinked: false, locks: [] });
    }
    const [, fd, path, mark] = /^\((\d+)<([^>]*)>(\(deleted\))?/u.exec(rest) ?? [];
    if (fd === undefined || path === undefined || !paths.includes(path)) {
      continue;
    }
    const open = find(process, Number(fd));
    if (open === undefined) {
      continue;
    }
    open.isUnlinked ||= mark !== undefined;
    if (name === 'close' && isDone) {
      // A file that has lost its name and the one that has it now are two: their locks have nothing to do with each other.
      const others = opens.filter(
        (one) =>
          one.process === process &&
          one.path === path &&
          one !== open &&
          one.isUnlinked === open.isUnlinked &&
          one.locks.length > 0,
      );
      droppedLocks.push(...others.map((one) => `${process}: ${path}, ${fd} closed, ${one.fd} held locks`));
      open.isClosed = true;
      open.locks = [];
    } else if (name === 'fcntl') {
      noteLock(open, opens, rest, isDone);
    }
  }
  return {
    descriptors: opens,
    droppedLocks,
    watched,
  };
}

function noteLock(open: Open, opens: readonly Open[], rest: string, isDone: boolean): void {
  const lock = /F_SETLKW?, \{l_type=(F_\w+), l_whence=SEEK_SET, l_start=(\d+), l_len=(\d+)/u.exec(rest);
  if (lock === null) {
    return;
  }
  open.askedForLock = true;
  if (!isDone) {
    return;
  }
  const from = Number(lock[2]);
  const range = { from, to: lock[3] === '0' ? Infinity : from + Number(lock[3]) };
  for (const one of opens) {
    if (one.process === open.process && one.path === open.path) {
      one.locks = one.locks.flatMap((held) => without(held, range));
    }
  }
  if (lock[1] !== 'F_UNLCK') {
    open.locks.push(range);
  }
}

function without(held: Range, gone: Range): Range[] {
  const left = [
    { from: held.from, to: Math.min(held.to, gone.from) },
    { from: Math.max(held.from, gone.to), to: held.to },
  ];
  return left.filter(({ from, to }) => from < to);
}

interface Call {
  readonly thread: number;
  readonly name: string;
  /** From the opening bracket to the end of the line. */
  readonly rest: string;
}

/** One entry per call; one that another thread interrupted in the trace stands where it ended. */
function finishedCalls(text: string): Call[] {
  const begun = new Map<number, string>();
  return text.split('\n').flatMap((line): Call[] => {
    const [, id, content = ''] = /^(\d+) +(.*)$/u.exec(line) ?? [];
    const thread = Number(id);
    const start = /^(.*) <unfinished \.\.\.>$/u.exec(content)?.[1];
    if (start !== undefined) {
      begun.set(thread, start);
      return [];
    }
    const end = /^<\.\.\. \w+ resumed>(.*)$/u.exec(content)?.[1];
    const whole = end === undefined ? content : `${begun.get(thread) ?? ''}${end}`;
    const [, name, rest] = /^(\w+)(\(.*)$/u.exec(whole) ?? [];
    return name === undefined || rest === undefined ? [] : [{ thread, name, rest }];
  });
}

/** Which process a thread belongs to. */
function threadOwners(calls: readonly Call[]): (thread: number) => number {
  const parents = new Map<number, number>();
  for (const { thread, rest } of calls) {
    const child = /CLONE_THREAD.* = (\d+)$/u.exec(rest)?.[1];
    if (child !== undefined) {
      parents.set(Number(child), thread);
    }
  }
  return (thread) => {
    let owner = thread;
    for (let parent = parents.get(owner); parent !== undefined; parent = parents.get(owner)) {
      owner = parent;
    }
    return owner;
  };
}
