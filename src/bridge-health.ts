import type { BridgeStore } from './bridge-store.ts';
import { captureDetails, type Capture, type CaptureStatus } from './capture/index.ts';
import { toWireLimits, toWireLine, type WireLine } from './contract/index.ts';
import type { ControllerLink } from './controller-link/index.ts';
import type { Guard, Limits } from './deliverability/index.ts';
import type { Handle, Instant } from './domain/index.ts';
import type { Journal } from './events/index.ts';
import {
  captureFindings,
  controllerFindings,
  createHealth,
  diskFindings,
  guardFindings,
  keeperFindings,
  lineFindings,
  machineFindings,
  messagesFindings,
  outboxFindings,
  storeFindings,
  trafficFindings,
  webhookFindings,
  type Health,
} from './health/index.ts';
import type { Inbox } from './inbox/index.ts';
import type { Keeper } from './keeper/index.ts';
import type { Lookout } from './lookout/index.ts';
import type { Actions, AppMonitor } from './messages-app/index.ts';
import type { Outbox } from './outbox/index.ts';
import { readOr, type Clock } from './runtime/index.ts';
import type { Uploads } from './uploads/index.ts';
import type { Webhooks } from './webhooks/index.ts';

interface Parts {
  readonly bridgeId: string;
  readonly version: string;
  readonly clock: Clock;
  readonly startedAt: Instant;
  readonly storage: BridgeStore;
  readonly monitor: AppMonitor;
  readonly capture: Capture;
  readonly outbox: Outbox;
  readonly guard: Guard;
  readonly uploads: Uploads;
  readonly webhooks: Webhooks;
  readonly inbox: Inbox;
  readonly actions: Actions;
  readonly journal: Journal;
  readonly keeper: Keeper;
  readonly link: Pick<ControllerLink, 'status'>;
  readonly lookout: Lookout;
  /** The line that is to send, where that is configured, and the one that last did. */
  readonly sendingLine: () => { readonly wanted: Handle | null; readonly used: Handle | null };
  /** When a message of the line last left the Mac, whoever sent it. */
  readonly lastSentAt: () => Instant | null;
}

/** The half of the composition root that is about health: what the snapshot reads off the parts, and whom a change of it is told. */
export function createBridgeHealth(parts: Parts): Health {
  const { bridgeId, version, clock, startedAt } = parts;
  const { monitor, capture, outbox, guard, uploads, webhooks, journal, lookout } = parts;
  // What is counted for the warnings is what is told with them.
  let counted: ReturnType<Outbox['stats']> | null = null;
  return createHealth({
    bridgeId,
    version,
    clock,
    startedAt,
    probes: [
      (now) => messagesFindings(monitor.status(), startedAt, now),
      () => captureFindings(captureState(capture.status())),
      (now) => {
        counted = null;
        counted = outbox.stats();
        return outboxFindings(counted, now);
      },
      () => guardFindings({ preset: guard.limits().preset, line: guard.line(), seeding: guard.seeding() }),
      // Uploads lie in the data folder: its disk is that of the store.
      () => diskFindings(uploads.disk()),
      (now) => machineFindings(lookout.sights(), now),
      () => keeperFindings(parts.keeper.status()),
      (now) => storeFindings(storeState(parts.storage), now),
      (now) => trafficOf(lookout, guard.limits(), now),
      () => lineFindings(parts.sendingLine()),
      () => webhookFindings(webhooks.stats()),
      (now) => controllerFindings(parts.link.status(), now),
    ],
    facts: () => {
      const { state } = monitor.status();
      const { pending, deferred, oldestDueAt } = counted ?? outbox.stats();
      return {
        messagesAppRunning: state === 'running' || state === 'not_responding' || state === 'denied',
        lastMessageSentAt: parts.lastSentAt(),
        pendingCommands: pending,
        deferredCommands: deferred,
        oldestDueAt,
      };
    },
    details: () => ({
      lines: wireLines(parts),
      limits: { ...toWireLimits(guard.limits()), history: guard.seeding() },
      capture: captureDetails(capture.status()),
      last_sequence: journal.head(),
    }),
    onChange: (status, codes) =>
      journal.write((append) => append({ type: 'bridge.health_changed', status, codes: [...codes] })),
  });
}

/** The lines of this Mac with all that there is to say of them; none while chat.db cannot be read. */
export function wireLines({
  inbox,
  actions,
  outbox,
  guard,
}: Pick<Parts, 'inbox' | 'actions' | 'outbox' | 'guard'>): WireLine[] {
  return readOr([], () => {
    const sending = {
      capabilities: actions.capabilities(),
      pause: outbox.stats().pause,
      guard: { ...guard.line(), usage: guard.usage() },
    };
    return inbox.lines.all().map((line) => toWireLine(line, sending));
  });
}

function trafficOf(lookout: Lookout, limits: Limits, now: Instant): ReturnType<typeof trafficFindings> {
  const { traffic } = lookout.sights();
  const { enabled, warn_days: warnDays } = limits.rules.line_idle;
  return traffic === null ? [] : trafficFindings({ ...traffic, idleDays: enabled ? warnDays : null }, now);
}

function storeState(storage: BridgeStore): Parameters<typeof storeFindings>[0] {
  const { store, restoredAt } = storage;
  return { isSuspect: store.isSuspect(), setAside: storage.setAside(), restoredAt };
}

function captureState(status: CaptureStatus): Parameters<typeof captureFindings>[0] {
  return {
    ...status,
    fallBackReason: status.modeReason === 'chosen' ? null : status.modeReason,
    surprises: status.figures?.reconcile.surprises ?? 0,
  };
}
