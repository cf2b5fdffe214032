import { Counter, Histogram, type Registry } from 'prom-client';
import type { BridgeEvent, Command, CommandId } from '../domain/index.ts';

/** Seconds; the follow-up of an unknown outcome ends after half an hour at most. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
/** Commands whose last state is remembered; one that is forgotten and told again is counted again. */
const REMEMBERED = 2_000;
/** How far a send gets, beyond `started`: each is measured from the start of its script. */
const RUNGS: ReadonlySet<string> = new Set(['dispatched', 'sent', 'delivered', 'read', 'failed', 'unknown']);

/** Counts events by their type, commands by the states that they come to, and how long each rung took. */
export function createSendMetrics(registry: Registry): { note(event: BridgeEvent): void } {
  const registers = [registry];
  const events = new Counter({
    name: 'blueline_events_total',
    help: 'Events journalled since the process started, by type.',
    labelNames: ['type'],
    registers,
  });
  const commands = new Counter({
    name: 'blueline_commands_total',
    help: 'Times that a command came to a state since the process started.',
    labelNames: ['state'],
    registers,
  });
  const rungs = new Histogram({
    name: 'blueline_send_rung_seconds',
    help: 'Time to each rung of a send: to `started` from the moment it could first go, to the others from the start of its script.',
    labelNames: ['rung'],
    buckets: BUCKETS,
    registers,
  });
  const last = new Map<CommandId, string>();

  const noteCommand = (command: Command): void => {
    const { name } = command.state;
    const before = last.get(command.id);
    last.delete(command.id);
    last.set(command.id, name);
    if (last.size > REMEMBERED) {
      const [oldest] = last.keys();
      last.delete(oldest ?? command.id);
    }
    if (before === name) {
      return;
    }
    commands.inc({ state: name });
    const startedAt = command.parts.at(0)?.attempts.at(-1)?.startedAt;
    if (startedAt === undefined) {
      return;
    }
    if (name === 'sending') {
      const from = Math.max(command.createdAt, command.notBefore ?? 0);
      rungs.observe({ rung: 'started' }, seconds(from, startedAt));
    } else if (RUNGS.has(name)) {
      rungs.observe({ rung: name }, seconds(startedAt, command.updatedAt));
    }
  };

  return {
    note: (event) => {
      events.inc({ type: event.type });
      if (event.type === 'command.updated') {
        noteCommand(event.command);
      }
    },
  };
}

/** A clock that was set back makes no negative time. */
function seconds(from: number, to: number): number {
  return Math.max(0, to - from) / 1000;
}
