import { describe, expect, it } from 'vitest';
import { aCommand, anAttempt, anInbound } from '../../test/support/message.ts';
import { instant, type BridgeEvent, type Command } from '../domain/index.ts';
import type { MetricFacts } from './facts.ts';
import { createMetrics } from './metrics.ts';

const AT = 1_700_000_000_000;

const FACTS: MetricFacts = {
  now: AT,
  version: '0.1.0',
  health: { status: 'unhealthy', warnings: [{ code: 'messages_not_running' }] },
  capture: { state: 'following', lagMs: 250, pendingRows: 2, figures: null },
  journal: { head: 12, oldest: 3 },
  outbox: { pending: 5, deferred: 2, unknown: 1, oldestDueAt: AT - 4_000, pause: null },
  lastSentAt: null,
  webhooks: [
    { id: 'whk_1', state: { name: 'active' }, pending: 3 },
    { id: 'whk_2', state: { name: 'disabled' }, pending: 0 },
  ],
  link: { state: 'down' },
  store: { bytes: 8_192, freeBytes: 4_096, walBytes: 100 },
  process: {
    startedAt: AT - 60_000,
    residentBytes: 1,
    heapBytes: 1,
    userSeconds: 1.5,
    systemSeconds: 0.5,
    openDescriptors: null,
  },
};

const received: BridgeEvent = {
  type: 'message.received',
  message: anInbound({ text: 'canary words' }),
  origin: null,
  isLate: false,
};

function updated(command: Command): BridgeEvent {
  return { type: 'command.updated', command };
}

async function lines(metrics: ReturnType<typeof createMetrics>): Promise<readonly string[]> {
  return (await metrics.render()).text.split('\n').filter((line) => !line.startsWith('#') && line !== '');
}

describe('the figures', () => {
  it('are what holds when they are asked for, and leave out what is not known', async () => {
    let facts = FACTS;
    const metrics = createMetrics(() => facts);
    expect(await lines(metrics)).toEqual(
      expect.arrayContaining([
        'blueline_healthy 0',
        'blueline_warning{code="messages_not_running"} 1',
        'blueline_capture_lag_seconds 0.25',
        'blueline_capture_state{state="following"} 1',
        'blueline_capture_state{state="stopped"} 0',
        'blueline_journal_events 10',
        'blueline_queue_commands{state="ready"} 3',
        'blueline_queue_commands{state="deferred"} 2',
        'blueline_queue_oldest_due_seconds 4',
        'blueline_webhooks{state="active"} 1',
        'blueline_webhooks{state="disabled"} 1',
        'blueline_webhook_pending_deliveries{webhook="whk_1"} 3',
        'blueline_controller_link{state="down"} 1',
        'blueline_controller_link{state="linked"} 0',
        'blueline_store_bytes{part="free"} 4096',
        'process_cpu_seconds_total{mode="user"} 1.5',
      ]),
    );
    const text = (await lines(metrics)).join('\n');
    expect(text).not.toMatch(/process_open_fds|last_message_sent|capture_looks/u);

    facts = { ...FACTS, lastSentAt: AT, health: { status: 'healthy', warnings: [] } };
    const after = (await lines(metrics)).join('\n');
    expect(after).toContain('blueline_last_message_sent_timestamp_seconds 1700000000');
    expect(after).not.toContain('messages_not_running');
    // Read anew, not added to.
    expect(after).toContain('process_cpu_seconds_total{mode="user"} 1.5');
  });

  it('count events, the states that commands come to, and the time to each rung', async () => {
    const metrics = createMetrics(() => FACTS);
    const attempt = anAttempt({ startedAt: instant(AT + 200), state: { name: 'sending' } });
    const base = { createdAt: instant(AT), notBefore: null, text: 'canary words' };
    const sending = aCommand('obx_1', { ...base, updatedAt: instant(AT + 200), attempts: [attempt] });
    const sent = aCommand('obx_1', {
      ...base,
      updatedAt: instant(AT + 900),
      attempts: [{ ...attempt, state: { name: 'sent', at: instant(AT + 900) } }],
    });
    for (const event of [received, updated(sending), updated(sent), updated(sent)]) {
      metrics.note(event);
    }
    metrics.verdict('allow', null);
    metrics.verdict('refuse', 'burst_limit');
    const all = await lines(metrics);
    expect(all).toEqual(
      expect.arrayContaining([
        'blueline_events_total{type="message.received"} 1',
        'blueline_events_total{type="command.updated"} 3',
        'blueline_commands_total{state="sending"} 1',
        // Told twice, reached once.
        'blueline_commands_total{state="sent"} 1',
        'blueline_send_rung_seconds_sum{rung="started"} 0.2',
        'blueline_send_rung_seconds_sum{rung="sent"} 0.7',
        'blueline_send_rung_seconds_bucket{le="0.5",rung="sent"} 0',
        'blueline_send_rung_seconds_bucket{le="1",rung="sent"} 1',
        'blueline_guard_verdicts_total{verdict="allow",rule=""} 1',
        'blueline_guard_verdicts_total{verdict="refuse",rule="burst_limit"} 1',
      ]),
    );
    expect(all.join('\n')).not.toMatch(/canary|\+1555/u);
  });
});
