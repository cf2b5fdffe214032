import { describe, expect, it } from 'vitest';
import { instant } from '../domain/index.ts';
import {
  captureFindings,
  messagesFindings,
  outboxFindings,
  storeFindings,
  webhookFindings,
} from './findings.ts';

const START = instant(0);
const codes = (findings: readonly { readonly code: string }[]) => findings.map((finding) => finding.code);

describe('messagesFindings', () => {
  it.each([
    ['running', []],
    ['not_running', ['messages_not_running']],
    ['not_responding', ['messages_not_responding']],
    ['denied', ['automation_denied']],
    ['unknown', ['messages_unknown']],
  ])('of %s', (state, expected) => {
    expect(codes(messagesFindings({ state, checkedAt: instant(5) }, START, instant(10)))).toEqual(expected);
  });

  it('says nothing before the first answer, but not for ever', () => {
    const unasked = { state: 'unknown', checkedAt: null };
    expect(messagesFindings(unasked, START, instant(1_000))).toEqual([]);
    expect(codes(messagesFindings(unasked, START, instant(9_000)))).toEqual(['messages_unknown']);
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
  } as const;

  it('has nothing to say of a reader that follows', () => {
    expect(captureFindings(following)).toEqual([]);
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

describe('storeFindings', () => {
  it('tells of damage, and of stores that were set aside until they are gone', () => {
    expect(storeFindings({ isSuspect: false, setAside: [] })).toEqual([]);
    expect(storeFindings({ isSuspect: true, setAside: ['blueline.db.damaged-20261129-081200'] })).toEqual([
      { code: 'store_damaged' },
      { code: 'store_rebuilt', detail: expect.stringContaining('20261129-081200') },
    ]);
    expect(
      codes(storeFindings({ isSuspect: false, setAside: ['blueline.db.replaced-20261129-081200'] })),
    ).toEqual(['store_restored']);
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
