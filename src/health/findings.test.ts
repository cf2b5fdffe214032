import { describe, expect, it } from 'vitest';
import { instant } from '../domain/index.ts';
import {
  captureFindings,
  controllerFindings,
  messagesFindings,
  outboxFindings,
  webhookFindings,
} from './findings.ts';

const START = instant(0);
const codes = (findings: readonly { readonly code: string }[]) => findings.map((finding) => finding.code);

describe('messagesFindings', () => {
  it.each([
    ['running', ['messages_signed_out']],
    ['not_running', ['messages_not_running']],
    ['not_responding', ['messages_not_responding']],
    ['denied', ['automation_denied']],
    ['unknown', ['messages_unknown']],
  ])('of %s', (state, expected) => {
    expect(codes(messagesFindings({ state, checkedAt: instant(5) }, START, instant(10)))).toEqual(expected);
  });

  it.each([
    [[{ serviceType: 'iMessage', enabled: true, connection: 'connected' }], []],
    [[{ serviceType: 'iMessage', enabled: true, connection: 'connecting' }], ['imessage_disconnected']],
    [[{ serviceType: 'iMessage', enabled: false, connection: 'connected' }], ['messages_signed_out']],
    [[{ serviceType: 'SMS', enabled: true, connection: 'connected' }], ['messages_signed_out']],
  ])('of the accounts %j', (accounts, expected) => {
    const app = { state: 'running', checkedAt: instant(5), accounts };
    expect(codes(messagesFindings(app, START, instant(10)))).toEqual(expected);
  });

  it.each([
    [-1743, 'automation_denied'],
    [-1744, 'automation_unanswered'],
  ])('tells a refusal from a prompt that waits (%i)', (code, expected) => {
    const app = { state: 'denied', code, checkedAt: instant(5) };
    expect(codes(messagesFindings(app, START, instant(10)))).toEqual([expected]);
  });

  it('says nothing before the first answer, but not for ever', () => {
    const unasked = { state: 'unknown', checkedAt: null };
    expect(messagesFindings(unasked, START, instant(1_000))).toEqual([]);
    expect(codes(messagesFindings(unasked, START, instant(9_000)))).toEqual(['messages_unknown']);
  });
});

describe('controllerFindings', () => {
  const down = (kind: 'unreachable' | 'refused' | 'token') =>
    ({ state: 'down', since: START, problem: { kind, reason: 'ECONNREFUSED' } }) as const;

  it('has nothing to say without a controller, of one that is linked, and before the first try has ended', () => {
    const later = instant(60_000);
    expect(controllerFindings({ state: 'off' }, later)).toEqual([]);
    expect(controllerFindings({ state: 'linked' }, later)).toEqual([]);
    expect(controllerFindings({ state: 'down', since: START, problem: null }, later)).toEqual([]);
  });

  it('tells of a break once it lasts, and why', () => {
    expect(controllerFindings(down('unreachable'), instant(19_000))).toEqual([]);
    expect(controllerFindings(down('unreachable'), instant(20_000))).toEqual([
      { code: 'controller_unreachable', detail: 'The reason: ECONNREFUSED.' },
    ]);
  });

  it('tells at once of what a person has to mend', () => {
    expect(codes(controllerFindings(down('refused'), START))).toEqual(['controller_refused']);
    expect(codes(controllerFindings(down('token'), START))).toEqual(['controller_token_unusable']);
  });
});

describe('captureFindings', () => {
  const following = {
    state: 'following',
    code: null,
    lagMs: 3,
    isCommitFailing: false,
    fallBackReason: null,
    surprises: 0,
    replacedAt: null,
  } as const;

  it('has nothing to say of a reader that follows', () => {
    expect(captureFindings(following)).toEqual([]);
    expect(codes(captureFindings({ ...following, replacedAt: START }))).toEqual(['chat_db_replaced']);
  });

  it.each([
    ['messages_db_missing', 'chat_db_missing'],
    ['messages_db_unreadable', 'chat_db_unreadable'],
    ['messages_db_locked', 'chat_db_locked'],
    ['messages_db_invalid', 'chat_db_invalid'],
    ['EIO', 'capture_stopped'],
  ])('names %s as %s', (code, expected) => {
    expect(codes(captureFindings({ ...following, state: 'unavailable', code }))).toEqual([expected]);
  });

  it('tells of a dead reader, a failing store and a lag', () => {
    expect(
      codes(captureFindings({ ...following, state: 'stopped', lagMs: 6_000, isCommitFailing: true })),
    ).toEqual(['store_failing', 'capture_stopped', 'capture_behind']);
  });

  it('tells when changes are found late, or were', () => {
    expect(
      codes(captureFindings({ ...following, fallBackReason: 'self_test_failed', surprises: 2 })),
    ).toEqual(['capture_scanning', 'capture_surprised']);
  });
});

describe('outboxFindings', () => {
  const calm = { unknown: 0, scriptSince: null, refusal: null, isStuck: false, pause: null } as const;

  it('tells of outcomes without proof and of a script that does not end', () => {
    expect(
      codes(
        outboxFindings(
          { ...calm, unknown: 2, scriptSince: START, refusal: 'no_gui_session', isStuck: true },
          instant(8_001),
        ),
      ),
    ).toEqual(['messages_not_responding', 'script_stuck', 'sends_refused', 'unknown_outcomes']);
    expect(outboxFindings({ ...calm, scriptSince: START }, instant(1_000))).toEqual([]);
  });

  it.each(['operator', 'unknown_outcomes', 'failures'] as const)(
    'raises an alarm for a pause by %s',
    (by) => {
      expect(outboxFindings({ ...calm, pause: { by } }, START)).toMatchObject([
        { code: 'line_paused', detail: expect.stringMatching(/\.$/u) },
      ]);
    },
  );
});

describe('webhookFindings', () => {
  it('names those that are disabled and those that fail', () => {
    expect(webhookFindings({ disabled: [], failing: [] })).toEqual([]);
    expect(webhookFindings({ disabled: ['whk_1', 'whk_2'], failing: ['whk_3'] })).toEqual([
      { code: 'webhook_disabled', detail: 'Now: whk_1, whk_2.' },
      { code: 'webhook_failing', detail: 'Now: whk_3.' },
    ]);
  });
});
