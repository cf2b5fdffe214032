import { wireLines } from './bridge-health.ts';
import { healthSchema, toWireLimits, toWireUsage } from './contract/index.ts';
import { createControllerLink, type ControllerLink, type LinkDeps } from './controller-link/index.ts';
import type { Guard } from './deliverability/index.ts';
import type { Health } from './health/index.ts';
import { CONTROLLER_GRANT, type Commands } from './http/index.ts';
import type { Inbox } from './inbox/index.ts';
import type { Actions } from './messages-app/index.ts';
import type { Outbox } from './outbox/index.ts';
import { readOr } from './runtime/index.ts';

interface Parts extends Pick<LinkDeps, 'config' | 'journal' | 'subscribers' | 'clock' | 'log'> {
  readonly bridgeId: string;
  readonly version: string;
  readonly startedAt: LinkDeps['bridge']['startedAt'];
  readonly inbox: Inbox;
  readonly actions: Actions;
  readonly outbox: Outbox;
  readonly guard: Guard;
  readonly health: Health;
  readonly commands: Commands;
}

/** The half of the composition root that is about the controller: what it is told, and what its commands reach. */
export function createBridgeLink(parts: Parts): ControllerLink {
  const { config, journal, subscribers, clock, log, version, startedAt } = parts;
  const { inbox, guard, health, commands } = parts;
  return createControllerLink({
    config,
    journal,
    subscribers,
    clock,
    log: log.child({ room: 'controller-link' }),
    bridge: {
      id: parts.bridgeId,
      version,
      startedAt,
      lines: () => wireLines(parts),
      limits: () => toWireLimits(guard.limits()),
    },
    // What `/health` tells a key that may see all of it.
    report: () => ({
      health: healthSchema.parse({
        ...health.snapshot(),
        ...health.details(),
        last_sequence: journal.head(),
      }),
      usage: readOr(null, () => toWireUsage(guard.usage(), inbox.lines.sendable(), guard.limits().preset)),
    }),
    reportMark: () => {
      const { status, warnings } = health.snapshot();
      const line = readOr(null, () => guard.line());
      return JSON.stringify([status, warnings, line, guard.limits().version]);
    },
    healthStatus: () => health.status,
    execute: (frame) => commands.execute(() => CONTROLLER_GRANT, frame),
  });
}
