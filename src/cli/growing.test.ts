import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { lineLinkSchema, sandboxSchema } from '../contract/index.ts';
import { parseJson } from './parse-json.ts';
import { startTestBridge, type TestBridge } from './test-bridge.ts';
import { type as typeLine, until } from './test-terminal.ts';

const KIM = '+15550001111';
const LINE = '+15550009999';
let bench: TestBridge;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueline-growing-'));
  bench = await startTestBridge();
  await until('a healthy bridge', () => bench.bridge.health.status === 'healthy');
  // Which line sends shows with what is sent.
  await inPipe('send', KIM, 'hello');
  await vi.waitFor(
    async () => {
      if ((await inPipe('link')).exit !== 0) {
        throw new Error('the line is not known yet');
      }
    },
    { timeout: 20_000 },
  );
});
afterAll(async () => {
  await bench.stop();
  await rm(folder, { recursive: true });
});

const onTerminal = (...argv: string[]) => typeLine(argv, bench.environment, { isTTY: true });
const inPipe = (...argv: string[]) => typeLine(argv, bench.environment);

describe('blueline link', () => {
  it('prints the link, the form for Android and the code, and writes the code to files', async () => {
    const [svg, png] = [join(folder, 'code.svg'), join(folder, 'code.png')];
    const { exit, stdout } = await onTerminal('link', '--svg', svg, '--png', png, 'Hi,', 'I & you');
    expect(exit).toBe(0);
    expect(stdout).toContain(`sms:${LINE}&body=Hi%2C%20I%20%26%20you`);
    expect(stdout).toContain(`sms:${LINE}?body=Hi%2C%20I%20%26%20you`);
    expect(stdout).toMatch(/█▀*█/u);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg /u);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
  });

  it('prints what the daemon answered in a pipe', async () => {
    const { stdout } = await inPipe('link', '--line', LINE);
    expect(lineLinkSchema.parse(JSON.parse(stdout)).link).toBe(`sms:${LINE}`);
  });

  it('says so where a file cannot be written', async () => {
    const { exit, stderr } = await inPipe('link', '--png', join(folder, 'none', 'code.png'));
    expect([exit, stderr]).toEqual([1, expect.stringContaining('file_not_written')]);
  });
});

describe('blueline sandbox', () => {
  it('lets in who texts its code; a sandbox key then sends to them and to nobody else', async () => {
    const made = await inPipe('keys', 'create', '--name', 'box', '--sandbox', '--json');
    const { key, sandbox } = z
      .object({ key: z.string(), sandbox: z.literal(true) })
      .parse(parseJson(made.stdout));
    expect(sandbox).toBe(true);
    const read = async () => sandboxSchema.parse(parseJson((await inPipe('sandbox')).stdout));
    const { code, line, contacts } = await read();
    expect([line, contacts]).toEqual([LINE, []]);
    const send = (to: string) =>
      typeLine(['send', to, 'inside'], { ...bench.environment, BLUELINE_API_KEY: key });
    expect(await send(KIM)).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('sandbox_not_activated'),
    });

    await bench.mac.run({ command: 'text', args: { from: KIM, text: code.toLowerCase() } });
    await vi.waitFor(async () => expect((await read()).contacts).toMatchObject([{ handle: KIM }]), {
      timeout: 20_000,
    });
    expect(await send(KIM)).toMatchObject({ exit: 0 });
    expect((await send('+15550002222')).exit).toBe(3);
    const shown = await onTerminal('sandbox');
    expect(shown.stdout).toContain(code);
    expect(shown.stdout).toContain(`1 of 50 today`);
    expect(shown.stdout).toContain(KIM);

    expect((await onTerminal('sandbox', '--renew')).stdout).not.toContain(code);
    expect((await send(KIM)).exit).toBe(3);
  });
});
