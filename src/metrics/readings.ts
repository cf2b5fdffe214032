import type { MetricFacts } from './facts.ts';

/** Something that is read at each scrape: one value, or one for each value of a label. `null`: not known now. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  /** A counter only ever grows, until the process starts anew. */
  readonly type: 'gauge' | 'counter';
  readonly label?: string;
  readonly read: (facts: MetricFacts) => number | null | Readonly<Record<string, number>>;
}

const WEBHOOK_STATES = ['active', 'paused', 'disabled'] as const;
const LINK_STATES = ['off', 'linked', 'down'] as const;
const CAPTURE_STATES = ['starting', 'following', 'unavailable', 'stopped'] as const;

/** A new one is a line here, and the panel that shows it (or the list of those that none does). */
export const READINGS: readonly Reading[] = [
  {
    name: 'blueline_info',
    help: 'Always 1; the version of Blueline as its label.',
    type: 'gauge',
    label: 'version',
    read: ({ version }) => ({ [version]: 1 }),
  },
  {
    name: 'blueline_healthy',
    help: '1 while the bridge is healthy, else 0.',
    type: 'gauge',
    read: ({ health }) => Number(health.status === 'healthy'),
  },
  {
    name: 'blueline_warning',
    help: '1 for each warning that /health gives now, by its code.',
    type: 'gauge',
    label: 'code',
    read: ({ health }) => Object.fromEntries(health.warnings.map(({ code }) => [code, 1])),
  },
  {
    name: 'blueline_capture_state',
    help: '1 for the state that change capture is in.',
    type: 'gauge',
    label: 'state',
    read: ({ capture }) =>
      Object.fromEntries(CAPTURE_STATES.map((state) => [state, Number(state === capture.state)])),
  },
  {
    name: 'blueline_capture_lag_seconds',
    help: 'From the look that found the last rows of chat.db to their commit; 0 after a minute without rows.',
    type: 'gauge',
    read: ({ capture }) => capture.lagMs / 1000,
  },
  {
    name: 'blueline_capture_pending_rows',
    help: 'Rows of chat.db that wait for their chat or their body.',
    type: 'gauge',
    read: ({ capture }) => capture.pendingRows,
  },
  {
    name: 'blueline_capture_looks_total',
    help: 'Looks at chat.db since its reading process started.',
    type: 'counter',
    read: ({ capture }) => capture.figures?.looks ?? null,
  },
  {
    name: 'blueline_capture_surprises_total',
    help: 'Changes that only the daily comparison found; expected are none.',
    type: 'counter',
    read: ({ capture }) => capture.figures?.reconcile.surprises ?? null,
  },
  {
    name: 'blueline_journal_head_sequence',
    help: 'Sequence of the newest event.',
    type: 'gauge',
    read: ({ journal }) => journal.head,
  },
  {
    name: 'blueline_journal_events',
    help: 'Events that the journal holds.',
    type: 'gauge',
    read: ({ journal }) => journal.head - journal.oldest + 1,
  },
  {
    name: 'blueline_queue_commands',
    help: 'Commands that are not at their end: ready or being sent, deferred to a moment, or of unknown outcome.',
    type: 'gauge',
    label: 'state',
    read: ({ outbox: { pending, deferred, unknown } }) => ({ ready: pending - deferred, deferred, unknown }),
  },
  {
    name: 'blueline_queue_oldest_due_seconds',
    help: 'How long the oldest command that may go has been waiting to; 0 where none is.',
    type: 'gauge',
    read: ({ outbox, now }) =>
      outbox.oldestDueAt === null ? 0 : Math.max(0, now - outbox.oldestDueAt) / 1000,
  },
  {
    name: 'blueline_line_paused',
    help: '1 while nothing is sent because the line is paused.',
    type: 'gauge',
    read: ({ outbox }) => Number(outbox.pause !== null),
  },
  {
    name: 'blueline_last_message_sent_timestamp_seconds',
    help: 'Unix time at which a message of the line last left the Mac.',
    type: 'gauge',
    read: ({ lastSentAt }) => (lastSentAt === null ? null : lastSentAt / 1000),
  },
  {
    name: 'blueline_webhooks',
    help: 'Webhooks by their state.',
    type: 'gauge',
    label: 'state',
    read: ({ webhooks }) =>
      Object.fromEntries(
        WEBHOOK_STATES.map((name) => [name, webhooks.filter(({ state }) => state.name === name).length]),
      ),
  },
  {
    name: 'blueline_webhook_pending_deliveries',
    help: 'Deliveries of each webhook that are not at their end; there are 50 webhooks at most.',
    type: 'gauge',
    label: 'webhook',
    read: ({ webhooks }) => Object.fromEntries(webhooks.map(({ id, pending }) => [id, pending])),
  },
  {
    name: 'blueline_controller_link',
    help: '1 for the state of the link to the controller; `off` where none is configured.',
    type: 'gauge',
    label: 'state',
    read: ({ link }) => Object.fromEntries(LINK_STATES.map((state) => [state, Number(state === link.state)])),
  },
  {
    name: 'blueline_store_bytes',
    help: "Blueline's own database on the disk: in use, free for use again, and the WAL beside it.",
    type: 'gauge',
    label: 'part',
    read: ({ store: { bytes, freeBytes, walBytes } }) => ({
      used: bytes - freeBytes,
      free: freeBytes,
      wal: walBytes,
    }),
  },
  {
    name: 'process_start_time_seconds',
    help: 'Unix time at which the process started.',
    type: 'gauge',
    read: ({ process }) => process.startedAt / 1000,
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Memory of the daemon in RAM.',
    type: 'gauge',
    read: ({ process }) => process.residentBytes,
  },
  {
    name: 'process_heap_bytes',
    help: 'Of it, what JavaScript values take.',
    type: 'gauge',
    read: ({ process }) => process.heapBytes,
  },
  {
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the daemon, in the program itself and in the system for it.',
    type: 'counter',
    label: 'mode',
    read: ({ process: { userSeconds, systemSeconds } }) => ({ user: userSeconds, system: systemSeconds }),
  },
  {
    name: 'process_open_fds',
    help: 'Descriptors that the daemon has open.',
    type: 'gauge',
    read: ({ process }) => process.openDescriptors,
  },
];
