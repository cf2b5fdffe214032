import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCommand } from '../../test/support/message.ts';
import { instant, messageGuid, rowId, type Command } from '../domain/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createCommandStore, type CommandStore } from './command-store.ts';

describe('the commands that are stored', () => {
  let folder: string;
  let store: Store;
  let commands: CommandStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-commands-'));
    store = openStore(folder);
    commands = createCommandStore(store);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const proved = (id: string, guid: string): Command =>
    aCommand(id, {
      proof: { guid: messageGuid(guid), rowId: rowId(5) },
      state: { name: 'sent', at: instant(1) },
    });

  it('come back as they were, open ones in the order in which they were accepted', () => {
    const later = aCommand('obx_A', { createdAt: instant(9) });
    commands.save(aCommand('obx_B'));
    commands.save(later);
    commands.save(proved('obx_C', 'G'));
    expect(commands.open().map((command) => command.id)).toEqual(['obx_B', 'obx_A']);
    expect(commands.get(later.id)).toEqual(later);
  });

  it('are found by the row that proved them, if it is still that row', () => {
    commands.save(proved('obx_A', 'G'));
    expect(commands.provedBy(rowId(5), messageGuid('G'))?.id).toBe('obx_A');
    expect(commands.provedBy(rowId(5), messageGuid('OTHER'))).toBeNull();
  });

  it('let another database use the same ROWIDs again', () => {
    commands.save(proved('obx_A', 'OLD'));
    commands.forgetProofRows();
    commands.save(proved('obx_B', 'NEW'));
    expect(commands.provedBy(rowId(5), messageGuid('NEW'))?.id).toBe('obx_B');
    expect(commands.get(proved('obx_A', 'OLD').id)?.proof?.guid).toBe('OLD');
  });
});
