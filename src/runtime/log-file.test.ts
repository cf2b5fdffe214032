import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { openLogFile } from './log-file.ts';
import { createLogSettings } from './log-settings.ts';
import { createLeveledLogger } from './logger.ts';
import { ManualClock } from './manual-clock.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'blueline-log-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const sizes = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]));

describe('the log in files', () => {
  it('begins the next file by size and keeps so many, for its owner alone', async () => {
    const folder = join(root, 'logs');
    const log = openLogFile({ folder, bytes: 10_000, keep: 2, clock: systemClock() });
    for (let entry = 0; entry < 2_000; entry += 1) {
      log.write(`${JSON.stringify({ entry, filler: 'x'.repeat(80) })}\n`);
      if (entry % 20 === 0) {
        // As a daemon logs: not all of it in one turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await log.close();
    expect(Object.keys(sizes(folder)).toSorted()).toEqual([
      'blueline.1.log',
      'blueline.2.log',
      'blueline.log',
    ]);
    const total = Object.values(sizes(folder)).reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeLessThan(60_000);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
    }
    const lines = ['blueline.1.log', 'blueline.log']
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
      .filter((line) => line !== '');
    const entries = lines.map((line) => Number(/"entry":(\d+)/u.exec(line)?.[1]));
    expect(entries.at(-1)).toBe(1_999);
    expect(entries).toEqual(entries.map((_entry, index) => (entries[0] ?? 0) + index));
  });

  it('goes on at the end of the file that is there', async () => {
    writeFileSync(join(root, 'blueline.log'), 'before\n');
    const log = openLogFile({ folder: root, bytes: 10_000, keep: 2, clock: systemClock() });
    log.write('after\n');
    await log.close();
    await log.close();
    expect(readFileSync(join(root, 'blueline.log'), 'utf8')).toBe('before\nafter\n');
  });

  it('ends nothing where it cannot write, and tells the loss when it can again', async () => {
    // A file where the folder should be, which is what no permission gets round.
    const folder = join(root, 'logs');
    writeFileSync(folder, '');
    const clock = new ManualClock(0);
    const log = openLogFile({ folder, bytes: 10_000, keep: 2, clock });
    log.write('lost\n');
    log.write('lost\n');
    rmSync(folder);
    clock.advance(10_000);
    log.write('kept\n');
    await log.close();
    const [loss, kept] = readFileSync(join(folder, 'blueline.log'), 'utf8').split('\n');
    expect(JSON.parse(loss ?? '')).toMatchObject({ level: 'warn', entries: 2 });
    expect(kept).toBe('kept');
  });

  it('notices that writing fails later, and tries again', async () => {
    const folder = join(root, 'logs');
    const clock = new ManualClock(0);
    const retry = vi.spyOn(clock, 'after');
    const log = openLogFile({ folder, bytes: 200, keep: 1, clock });
    log.write(`${'x'.repeat(150)}\n`);
    await vi.waitFor(() => expect(sizes(folder)['blueline.log']).toBe(151));
    // The next rotation finds a folder in its way.
    mkdirSync(join(folder, 'blueline.1.log', 'full'), { recursive: true });
    for (let entry = 0; entry < 50; entry += 1) {
      log.write(`${'y'.repeat(150)}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(retry).toHaveBeenCalledOnce(), { timeout: 10_000 });
    rmSync(join(folder, 'blueline.1.log'), { recursive: true });
    clock.advance(10_000);
    log.write('kept\n');
    await log.close();
    expect(readFileSync(join(folder, 'blueline.log'), 'utf8')).toMatch(/kept\n$/u);
    // Also what waited in the stream when it failed is told of.
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const written = texts.join('').match(/^y+$/gmu)?.length ?? 0;
    const lost = Number(/"entries":(\d+)/u.exec(texts.join(''))?.[1] ?? 0);
    expect(written).toBeLessThan(50);
    expect(written + lost).toBeGreaterThanOrEqual(50);
  });
});

describe('the level of the log', () => {
  it('changes for the logger and for every child of it, while they are in use', () => {
    const lines: string[] = [];
    const { log, setLevel, level } = createLeveledLogger('info', { write: (line) => void lines.push(line) });
    const child = log.child({ room: 'outbox' });
    const grandchild = child.child({ lane: 1 });
    const speak = () => [log, child, grandchild].forEach((one) => one.debug('said'));
    speak();
    expect(lines).toEqual([]);
    setLevel('debug');
    speak();
    expect(lines).toHaveLength(3);
    setLevel('silent');
    speak();
    log.fatal('said');
    expect([lines.length, level()]).toEqual([3, 'silent']);
  });
});

describe('a level for a while', () => {
  it('gives way to that of the start when its time is over, or to the next', () => {
    const clock = new ManualClock(1_000);
    const lines: string[] = [];
    const leveled = createLeveledLogger('info', { write: (line) => void lines.push(line) });
    const settings = createLogSettings(clock, leveled);
    expect(settings.setLogLevel('debug', 5_000)).toEqual({ level: 'debug', until: 6_000 });
    clock.advance(4_999);
    expect(settings.logSettings()).toEqual({ level: 'debug', until: 6_000 });
    clock.advance(1);
    expect(settings.logSettings()).toEqual({ level: 'info', until: null });
    settings.setLogLevel('debug', 5_000);
    settings.setLogLevel('trace', null);
    clock.advance(1_000_000);
    expect(settings.logSettings()).toEqual({ level: 'trace', until: null });
    // Each change can be read in the log itself.
    expect(lines.map((line) => /"newLevel":"(\w+)"/u.exec(line)?.[1])).toEqual([
      'debug',
      'info',
      'debug',
      'trace',
    ]);
  });
});

describe('the redaction of the log', () => {
  it('hides by name what should never have been handed to it', () => {
    const lines: string[] = [];
    const { log } = createLeveledLogger('info', { write: (line) => void lines.push(line) });
    const secrets = {
      text: 's1',
      body: 's2',
      handle: 's3',
      to: 's4',
      from: 's5',
      key: 's6',
      secret: 's7',
      token: 's8',
      password: 's9',
      authorization: 's10',
    };
    log.info(secrets, 'said');
    log.child({ room: 'x' }).warn({ request: secrets }, 'said');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toMatch(/"s\d+"/u);
    expect(lines[1]).toContain('"room":"x"');
  });
});
