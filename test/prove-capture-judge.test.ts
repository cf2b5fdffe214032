import { describe, expect, it } from 'vitest';
import { judge } from '../scripts/prove.d/capture-judge.ts';
import type { Seen } from '../scripts/prove.d/capture-journal.ts';
import {
  ABSENT,
  edited,
  EMPTY_CONTENT,
  Row,
  type RowState,
  type Version,
} from '../scripts/prove.d/capture-model.ts';
import type { Terms } from '../scripts/prove.d/capture-slots.ts';

const NOW = 1_000_000;
const TERMS: Terms = {
  mayMergeEdits: false,
  areMarksJudged: true,
  jumps: [],
  sightings: [NOW - 20_000, NOW - 16_000],
};
const CONTENT = { ...EMPTY_CONTENT, text: 'hello' };
const CAME: RowState = { ...ABSENT, isThere: true, place: 'chat', content: CONTENT };
const OURS: RowState = { ...CAME, isOwn: true };

function rowWith(fields: {
  told?: RowState;
  states: readonly RowState[];
  seen: readonly (readonly [type: string, what?: string, rest?: Partial<Seen>])[];
  /** Between two commits, ms. */
  apart?: number;
}): Row {
  const { told = null, states, seen, apart = 10 } = fields;
  const row = new Row({
    guid: 'G',
    chat: { guid: 'C', identifier: 'C', isGroup: false, members: ['+1'] },
    ordinal: 1,
    now: states.at(-1) ?? CAME,
    told,
    from: '+1',
    date: { at: 0, nanoseconds: 0 },
  });
  const first = NOW - states.length * apart;
  row.versions = states.map((state, index): Version => ({ state, step: index, at: first + index * apart }));
  row.seen = seen.map(([type, what = '', rest = {}], index) => ({
    sequence: index + 1,
    type,
    guid: 'G',
    what,
    text: 'hello',
    revisions: 0,
    isRecentlyDeleted: false,
    mark: '',
    gapReason: '',
    readyFiles: [],
    isOfApp: false,
    ticks: 0n,
    ...rest,
  }));
  return row;
}

function verdictOn(fields: Parameters<typeof rowWith>[0], terms: Terms = TERMS): string {
  const verdict = judge(rowWith(fields), terms, NOW);
  return verdict.verdict === 'wrong' ? verdict.fault : verdict.verdict;
}

describe('the judge of the capture storm', () => {
  const sent = { ...OURS, isSent: true };
  const delivered = { ...sent, isDelivered: true };

  it('takes what any choice of looks would tell', () => {
    const states = [OURS, sent, delivered];
    const created = ['message.created', 'joined'] as const;
    expect(verdictOn({ states, seen: [created, ['message.sent'], ['message.delivered']] })).toBe('told');
    expect(verdictOn({ states, seen: [['message.sent'], ['message.delivered']] })).toBe('told');
  });

  it('misses a step that the row still tells', () => {
    expect(verdictOn({ told: OURS, states: [delivered], seen: [['message.delivered']] })).toBe('lost');
    expect(verdictOn({ told: OURS, states: [sent, delivered], seen: [['message.sent']] })).toBe('lost');
    expect(verdictOn({ states: [CAME], seen: [] })).toBe('lost');
  });

  it('sees what comes twice, without a cause, or the wrong way round', () => {
    const received = ['message.received', 'joined'] as const;
    expect(verdictOn({ states: [CAME], seen: [received, received] })).toBe('doubled');
    expect(verdictOn({ told: sent, states: [], seen: [['message.sent']] })).toBe('doubled');
    expect(verdictOn({ told: CAME, states: [CAME], seen: [['message.read', 'self']] })).toBe('invented');
    const seen = [['message.delivered'], ['message.sent']] as const;
    expect(verdictOn({ told: OURS, states: [delivered], seen })).toBe('out of order');
  });

  it('wants every entry of a history of edits, with the last text', () => {
    const once = { ...CAME, content: edited(CONTENT, 'hallo', NOW, 0) };
    const twice = { ...once, content: edited(once.content, 'hullo', NOW, 0) };
    const one = ['message.edited', '', { text: 'hallo' }] as const;
    expect(verdictOn({ told: CAME, states: [once], seen: [one] })).toBe('told');
    expect(verdictOn({ told: CAME, states: [once], seen: [['message.edited']] })).toBe('wrong content');
    expect(verdictOn({ told: CAME, states: [twice], seen: [one] })).toBe('lost');
    const two = ['message.edited', '', { text: 'hullo' }] as const;
    expect(verdictOn({ told: CAME, states: [twice], seen: [one, two] })).toBe('told');
    expect(verdictOn({ told: CAME, states: [twice], seen: [one, one] })).toBe('wrong content');
    const merging = { ...TERMS, mayMergeEdits: true };
    expect(verdictOn({ told: CAME, states: [twice], seen: [two] }, merging)).toBe('told');
  });

  it('lets a row wait for its chat, and no longer than it may', () => {
    const alone: RowState = { ...CAME, place: 'nowhere' };
    const derived = ['message.received', 'derived'] as const;
    const updated = ['message.updated'] as const;
    expect(verdictOn({ states: [alone], seen: [] })).toBe('open');
    expect(verdictOn({ states: [alone], seen: [], apart: 20_000 })).toBe('lost');
    expect(verdictOn({ states: [alone, CAME], seen: [derived, updated] })).not.toBe('told');
    expect(verdictOn({ states: [alone, CAME], seen: [derived, updated], apart: 16_000 })).toBe('told');
    expect(verdictOn({ states: [alone, CAME], seen: [['message.received', 'joined']] })).toBe('told');
  });

  it('counts the wait of a row from when it has been seen for certain: the daemon may have been dead, or behind', () => {
    const alone: RowState = { ...CAME, place: 'nowhere' };
    const late = { states: [alone], seen: [], apart: 20_000 };
    const seenAt = (...sightings: number[]) => ({ ...TERMS, sightings });
    expect(verdictOn(late, seenAt(NOW - 21_000, NOW - 16_000, NOW))).toBe('open');
    expect(verdictOn(late, seenAt(NOW - 18_000, NOW))).toBe('lost');
    expect(verdictOn(late, seenAt(NOW - 21_000))).toBe('open');
    // What lacks nothing is to be there at once, whatever was seen.
    expect(verdictOn({ ...late, states: [CAME] }, seenAt())).toBe('lost');
  });

  it('waits where the same events may be the whole story or only its beginning', () => {
    const changed = { ...CAME, content: edited(CONTENT, 'later', NOW, 0) };
    const heard = { ...changed, content: { ...changed.content, transcript: 'what was said' } };
    const fields = {
      states: [CAME, changed, heard],
      seen: [
        ['message.received', 'joined'],
        ['message.edited', '', { text: 'later' }],
      ],
    } as const;
    // It was seen whole at once, or the transcript is still to be told.
    expect(verdictOn(fields)).toBe('early');
    expect(verdictOn({ ...fields, apart: 8_000 }, { ...TERMS, sightings: [NOW - 4_000] })).toBe('told');
    const seen = [...fields.seen, ['message.updated']] as const;
    expect(verdictOn({ ...fields, seen })).toBe('told');
  });

  it('tells a change that was taken back from one that was not', () => {
    const recent: RowState = { ...CAME, place: 'recent' };
    expect(verdictOn({ told: CAME, states: [recent, CAME], seen: [] })).toBe('told');
    const seen = [['message.deleted'], ['message.updated']] as const;
    expect(verdictOn({ told: CAME, states: [recent, CAME], seen })).toBe('told');
    expect(verdictOn({ told: CAME, states: [recent, CAME], seen: [['message.deleted']] })).toBe('lost');
  });

  it('knows a row by its mark', () => {
    const seen = [['message.received', 'joined', { mark: 'late' }]] as const;
    expect(verdictOn({ states: [CAME], seen })).toBe('wrong content');
    expect(verdictOn({ states: [CAME], seen }, { ...TERMS, areMarksJudged: false })).toBe('told');
  });
});
