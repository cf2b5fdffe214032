import { captureDetails, type Capture, type CaptureStatus } from './capture/index.ts';
import { toWireLine } from './contract/index.ts';
import type { Guard, Limits } from './deliverability/index.ts';
import type { Instant } from './domain/index.ts';
import type { Journal } from './events/index.ts';
import {
  captureFindings,
  createHealth,
  diskFindings,
  guardFindings,
  messagesFindings,
  outboxFindings,
  storeFindings,
  webhookFindings,
  type Health,
} from './health/index.ts';
import type { Inbox } from './inbox/index.ts';
import type { Actions, AppMonitor } from './messages-app/index.ts';
import type { Outbox } from './outbox/index.ts';
import { readOr, type Clock } from './runtime/index.ts';
import type { BridgeStore } from './bridge-store.ts';
import type { Uploads } from './uploads/index.ts';
import type { Webhooks } from './webhooks/index.ts';

interface Parts {
  readonly bridgeId: string;
  readonly version: string;
  readonly clock: Clock;
  readonly startedAt: Instant;
  readonly kept: BridgeStore;
  readonly monitor: AppMonitor;
  readonly capture: Capture;
  readonly outbox: Outbox;
  readonly guard: Guard;
  readonly limits: Limits;
  readonly uploads: Uploads;
  readonly webhooks: Webhooks;
  readonly inbox: Inbox;
  readonly actions: Actions;
  readonly journal: Journal;
  /** When a message of the line last left the Mac, whoever sent it. */
  readonly lastSentAt: () => Instant | null;
}

/** The half of the composition root that is about health: what the snapshot reads off the parts, and whom a change of it is told. */
export function createBridgeHealth(parts: Parts): Health {
  const { bridgeId, version, clock, startedAt } = parts;
  const { monitor, capture, outbox, guard, limits, uploads, webhooks, inbox, actions, journal } = parts;
  return createHealth({
    bridgeId,
    version,
    clock,
    startedAt,
    probes: [
      () => storeFindings({ isSuspect: parts.kept.store.isSuspect(), setAside: parts.kept.setAside() }),
      (now) => messagesFindings(monitor.status(), startedAt, now),
      () => captureFindings(captureState(capture.status())),
      (now) => outboxFindings(outbox.stats(), now),
      () => guardFindings({ preset: limits.preset, line: guard.line(), seeding: guard.seeding() }),
      () => diskFindings(uploads.disk()),
      () => webhookFindings(webhooks.stats()),
    ],
    facts: () => {
      const { state } = monitor.status();
      const { pending, deferred, oldestDueAt } = outbox.stats();
      return {
        messagesAppRunning: state === 'running' || state === 'not_responding' || state === 'denied',
        lastMessageSentAt: parts.lastSentAt(),
        pendingCommands: pending,
        deferredCommands: deferred,
        oldestDueAt,
      };
    },
    details: () => ({
      lines: readOr([], () => {
        const sending = {
          capabilities: actions.capabilities(),
          pause: outbox.stats().pause,
          guard: { ...guard.line(), usage: guard.usage() },
        };
        return inbox.lines.all().map((line) => toWireLine(line, sending));
      }),
      limits: { preset: limits.preset, version: limits.version, history: guard.seeding() },
      capture: captureDetails(capture.status()),
      last_sequence: journal.head(),
    }),
    onChange: (status, codes) =>
      journal.write((append) => append({ type: 'bridge.health_changed', status, codes: [...codes] })),
  });
}

function captureState(status: CaptureStatus): Parameters<typeof captureFindings>[0] {
  return {
    ...status,
    fallBackReason: status.modeReason === 'chosen' ? null : status.modeReason,
    surprises: status.figures?.reconcile.surprises ?? 0,
  };
}
