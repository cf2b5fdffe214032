import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCommand, aFile, anAttempt, aProof } from '../../test/support/message.ts';
import { chatKey, instant, messageGuid, type Command } from '../domain/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createCommandStore, type CommandStore } from './command-store.ts';
import { createWakeAt, LOOK_AGAIN_MS } from './timing.ts';

const TIMING = { proofWindowMs: 8_000, followUpMs: 900_000, fileFollowUpMs: 1_800_000, fallbackMs: 60_000 };
const unknown = { name: 'unknown', since: instant(0), cause: 'no_row', final: false } as const;

describe('the commands that are stored', () => {
  let folder: string;
  let store: Store;
  let commands: CommandStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-commands-'));
    store = openStore(folder);
    commands = createCommandStore(store, createWakeAt(TIMING));
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const proved = (id: string, guid: string): Command =>
    aCommand(id, { attempts: [anAttempt({ proof: aProof(guid), state: { name: 'sent', at: instant(1) } })] });
  const ids = (found: readonly Command[]) => found.map(({ id }) => id);

  it('come back as they were, open ones in the order in which they were accepted', () => {
    const later = aCommand('obx_A', { createdAt: instant(9) });
    commands.save(aCommand('obx_B'));
    commands.save(later);
    commands.save(proved('obx_C', 'G'));
    commands.save(later);
    expect(ids(commands.open())).toEqual(['obx_B', 'obx_A']);
    expect(commands.get(later.id)).toEqual(later);
  });

  it('are found by the row that proved them, whatever number it has in which database', () => {
    commands.save(proved('obx_A', 'G'));
    commands.save(proved('obx_B', 'H'));
    expect(commands.provedBy(messageGuid('G'))?.id).toBe('obx_A');
    expect(commands.provedBy(messageGuid('H'))?.id).toBe('obx_B');
    expect(commands.provedBy(messageGuid('OTHER'))).toBeNull();
  });

  it('queue replies before the rest, each in its order', () => {
    for (const [id, isReply] of [
      ['obx_1', false],
      ['obx_2', true],
      ['obx_3', false],
      ['obx_4', true],
    ] as const) {
      commands.save(aCommand(id, { attempts: [], isReply }));
    }
    commands.save(
      aCommand('obx_5', { attempts: [], hold: { name: 'deferred', reason: 'after_reply', until: null } }),
    );
    expect(ids(commands.queued({ offset: 0, limit: 9 }))).toEqual(['obx_2', 'obx_4', 'obx_1', 'obx_3']);
    expect(ids(commands.queued({ offset: 3, limit: 9 }))).toEqual(['obx_3']);
    expect(commands.counts()).toEqual([
      { state: 'deferred', count: 1, dueSince: 0 },
      { state: 'queued', count: 4, dueSince: 0 },
    ]);
  });

  it('can be proved while they wait for a row, and the latest after that', () => {
    commands.save(aCommand('obx_1'));
    commands.save(proved('obx_2', 'G'));
    commands.save(aCommand('obx_3', { attempts: [] }));
    commands.save(aCommand('obx_4', { attempts: [anAttempt({ state: { ...unknown, final: true } })] }));
    expect(ids(commands.unproved())).toEqual(['obx_1', 'obx_4']);
    expect(ids(commands.inFlight())).toEqual(['obx_1']);
  });

  it.each<[string, Partial<Parameters<typeof aCommand>[1]>, number]>([
    ['it expires', { attempts: [], expiresAt: instant(77) }, 77],
    [
      'its time comes',
      {
        attempts: [],
        expiresAt: instant(77),
        hold: { name: 'deferred', reason: 'not_before', until: instant(50) },
      },
      50,
    ],
    ['its follow-up ends', { attempts: [anAttempt({ state: unknown })] }, 900_000],
    [
      'the follow-up of its file ends',
      { parts: [{ content: aFile('a'), attempts: [anAttempt({ state: unknown })], fallbackAt: null }] },
      1_800_000,
    ],
    [
      'its row has to be looked at again',
      { attempts: [anAttempt({ state: { name: 'dispatched' }, proof: aProof('G') })], updatedAt: instant(5) },
      5 + LOOK_AGAIN_MS,
    ],
  ])('are due when %s', (_, fields, at) => {
    commands.save(aCommand('obx_1', fields));
    expect(ids(commands.due(instant(at - 1)))).toEqual([]);
    expect(ids(commands.due(instant(at)))).toEqual(['obx_1']);
    commands.postpone(aCommand('obx_1').id, instant(at + 10));
    expect(ids(commands.due(instant(at)))).toEqual([]);
  });

  it('are found by their chat', () => {
    const kim = chatKey('direct', '+15550001111');
    commands.save(aCommand('obx_1', { createdAt: instant(1) }));
    commands.save(aCommand('obx_2', { createdAt: instant(2) }));
    commands.save(
      aCommand('obx_3', { createdAt: instant(2), target: { to: 'chat', chat: chatKey('group', 'g') } }),
    );
    expect(ids(commands.openIn(kim))).toEqual(['obx_1', 'obx_2']);
    expect(ids(commands.since(kim, 2))).toEqual(['obx_2']);
  });
});
