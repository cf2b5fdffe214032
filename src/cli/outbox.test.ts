import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestBridge, type TestBridge } from './test-bridge.ts';
import { Spawned, type as typeLine, until } from './test-terminal.ts';

const KIM = '+15550001111';
const MAIN = new URL('../main.ts', import.meta.url).pathname;
const itemSchema = z.object({ id: z.string(), state: z.string() });
let bench: TestBridge;

beforeAll(async () => {
  bench = await startTestBridge();
  await until('a healthy bridge', () => bench.bridge.health.status === 'healthy');
});
afterAll(() => bench.stop());

const onTerminal = (...argv: string[]) => typeLine(argv, bench.environment, { isTTY: true });
const inPipe = (...argv: string[]) => typeLine(argv, bench.environment);
const itemOf = (stdout: string) => itemSchema.parse(JSON.parse(stdout));

describe('blueline outbox', () => {
  it('lists what was sent, by its state, and shows one item with its parts', async () => {
    const sent = itemOf((await inPipe('send', KIM, 'here it is', '--wait')).stdout);
    const listed = await onTerminal('outbox', 'list', '--limit', '10');
    expect(listed).toMatchObject({ exit: 0 });
    expect(listed.stdout).toMatch(new RegExp(`${KIM.replace('+', String.raw`\+`)}.*text.*${sent.id}`, 'u'));
    expect((await onTerminal('outbox', 'list', '--state', 'expired')).stderr).toContain('nothing here');
    const shown = await onTerminal('outbox', 'show', sent.id);
    expect(shown.stdout).toMatch(/^obx_\S+ {2}(?:sent|delivered|read)\n[\s\S]*part 1 +text, /u);
    expect(await inPipe('outbox', 'show', 'obx_none')).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining('outbox_item_not_found'),
    });
    expect(await inPipe('outbox', 'list', '--state', 'gone')).toMatchObject({ exit: 2 });
  });

  it('cancels what waits, and nothing else', async () => {
    const waiting = await later();
    const canceled = await onTerminal('outbox', 'cancel', waiting.id);
    expect(canceled.stdout).toMatch(/^obx_\S+ {2}canceled\n/u);
    const sent = itemOf((await inPipe('send', KIM, 'gone already', '--wait')).stdout);
    expect(await inPipe('outbox', 'cancel', sent.id)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('outbox_item_not_cancelable'),
    });
  });

  it('decides what nobody can prove', async () => {
    await bench.mac.run({ command: 'fault', args: { fault: { name: 'no-row' }, times: 'next' } });
    const lost = await inPipe('send', KIM, 'who knows', '--wait=3');
    expect(lost.exit).toBe(1);
    const page = await inPipe('outbox', 'list', '--state', 'unknown');
    const [item] = z.object({ data: z.array(itemSchema) }).parse(JSON.parse(page.stdout)).data;
    const resolved = await inPipe('outbox', 'resolve', item?.id ?? '', 'not_sent');
    expect(itemOf(resolved.stdout)).toMatchObject({ id: item?.id, state: 'failed' });
    expect(await inPipe('outbox', 'resolve', item?.id ?? '', 'maybe')).toMatchObject({ exit: 2 });
  });
});

/** A text that waits for its time. */
async function later() {
  const { key } = bench.bridge.keys.create({ name: 'later' });
  const answer = await fetch(`${bench.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to: KIM, text: 'later', not_before: Date.now() + 3_600_000 }),
  });
  return itemSchema.parse(await answer.json());
}

describe('blueline completion', () => {
  const complete = async (...words: string[]) => {
    const asked = new Spawned(['complete', '--', ...words], {});
    asked.endInput();
    const { exit, stdout } = await asked.ended();
    expect(exit).toBe(0);
    return stdout
      .trimEnd()
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t')[0]);
  };

  it('completes commands, their own commands, options and values', async () => {
    expect(await complete('ou')).toEqual(['outbox']);
    expect(await complete('outbox', '')).toEqual(['list', 'show', 'cancel', 'resolve']);
    expect(await complete('outbox', 'list', '--st')).toEqual(['--state']);
    expect(await complete('outbox', 'list', '--state', 'unk')).toEqual(['unknown']);
  });

  it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    const printed = new Spawned(['completion', shell], {});
    const { exit, stdout } = await printed.ended();
    expect([exit, stdout.includes('blueline')]).toEqual([0, true]);
  });

  it('completes in bash as a person types', () => {
    const folder = mkdtempSync(join(tmpdir(), 'blueline-completion-'));
    try {
      const command = join(folder, 'blueline');
      writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
      chmodSync(command, 0o755);
      const script = join(folder, 'script');
      writeFileSync(script, execFileSync(command, ['completion', 'bash']));
      const typed = `
        PATH="${folder}:$PATH"
        compopt() { :; }
        # Of the package bash-completion.
        _get_comp_words_by_ref() { cur=''; prev=keys; words=("\${COMP_WORDS[@]}"); cword=2; }
        source '${script}'
        COMP_WORDS=(blueline keys '')
        COMP_CWORD=2
        COMP_LINE='blueline keys '
        COMP_POINT=14
        $(complete -p blueline | sed -E 's/.*-F ([^ ]+).*/\\1/')
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = spawnSync('bash', ['--norc', '-c', typed], { encoding: 'utf8' });
      expect(stdout.split('\n').map((line) => line.split(/\s/u)[0])).toEqual(
        expect.arrayContaining(['create', 'list', 'revoke']),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
