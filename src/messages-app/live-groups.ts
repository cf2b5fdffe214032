/** Sends a signal to a whole process group. A group that is gone already is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: nobody is left. EPERM: macOS says so of a group of which only zombies are left.
  }
}

/** The process groups that run for us now. When this process exits, by its own will or by a crash, they are killed with it. */
export class LiveGroups {
  readonly #leaders = new Set<number>();
  /** Killed, and still there. */
  readonly #stuck = new Set<number>();

  /** Whether a process that was killed is still there. */
  get isStuck(): boolean {
    return this.#stuck.size > 0;
  }

  add(leader: number): void {
    if (this.#leaders.size === 0) {
      process.on('exit', this.#killAll);
    }
    this.#leaders.add(leader);
  }

  /** Nobody waits for it any more; it goes on until `remove`. */
  leave(leader: number): void {
    this.#stuck.add(leader);
  }

  remove(leader: number): void {
    this.#leaders.delete(leader);
    this.#stuck.delete(leader);
    if (this.#leaders.size === 0) {
      process.off('exit', this.#killAll);
    }
  }

  readonly #killAll = (): void => {
    for (const leader of this.#leaders) {
      signalGroup(leader, 'SIGKILL');
    }
  };
}
