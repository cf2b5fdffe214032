import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost } from '../host/index.ts';
import { BluelineError } from '../runtime/index.ts';
import { openStore } from '../store/index.ts';
import { appFiles } from './app-files.ts';
import { readSource } from './app-source.ts';
import { deploy } from './deploy.ts';
import { readInstalled } from './installed.ts';
import { layoutOf, type Layout } from './layout.ts';
import { planInstall } from './plan-install.ts';
import { describeStep } from './step.ts';

let root = '';
let layout: Layout;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'blueline-deploy-'));
  layout = layoutOf(join(root, 'home'), join(root, 'home/data'));
  mkdirSync(join(root, 'tools'));
  const launchctl = `#!/bin/sh\necho "$1" >> '${root}/calls'\n[ ! -f '${root}/refuse' ] || exit 5\n`;
  writeFileSync(join(root, 'tools/launchctl'), launchctl, { mode: 0o755 });
});
afterEach(() => rmSync(root, { recursive: true }));

const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');
const versionInstalled = () => readInstalled(layout).version;

/** As little of a version as it takes. */
function version(number: string): string {
  const folder = join(root, number);
  ['bin', 'src'].forEach((name) => mkdirSync(join(folder, name), { recursive: true }));
  writeFileSync(join(folder, 'src/main.ts'), '');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'blueline', version: number }));
  writeFileSync(join(folder, 'bin/node'), `#!/bin/sh\necho ${number}\n`, { mode: 0o755 });
  return folder;
}

/** @param comesUp what happens while a version is waited for; a throw means that it does not come up. */
async function put(number: string, comesUp: (wanted: string) => void = () => undefined): Promise<string[]> {
  const host = createHost({ tools: join(root, 'tools'), platform: 'linux', environment: {} });
  const source = readSource(version(number));
  const installed = readInstalled(layout);
  const plan = planInstall({ host, layout, uid: 501, installed, version: number, files: appFiles(source) });
  const steps: string[] = [];
  await deploy(plan, {
    host,
    onStep: (step) => void steps.push(describeStep(step)),
    awaitEnd: () => Promise.resolve(),
    awaitHealth: (wanted) => {
      comesUp(wanted);
      return Promise.resolve();
    },
  });
  return steps;
}

const DOWN = new BluelineError('agent_not_up', 'It is down.');

/** What a version does with the store before it fails. */
function workWithStore(sql: string): void {
  openStore(layout.data).close();
  const db = new Database(join(layout.data, 'blueline.db'));
  db.exec(`CREATE TABLE newer (x); PRAGMA user_version = 999; ${sql}`);
  db.close();
}

describe('deploying a version', () => {
  it('leaves one version and nothing beside it', async () => {
    await put('1.0.0');
    await put('1.1.0');
    expect(versionInstalled()).toBe('1.1.0');
    expect([layout.next, layout.previous, layout.savedStore].filter((path) => existsSync(path))).toEqual([]);
    expect(calls()).toEqual(['bootout', 'enable', 'bootstrap', 'bootout', 'enable', 'bootstrap']);
  });

  it('leaves a first version that does not come up where it is, to be looked at', async () => {
    const failing = put('1.0.0', () => {
      throw DOWN;
    });
    await expect(failing).rejects.toBe(DOWN);
    expect(versionInstalled()).toBe('1.0.0');
  });

  it('goes back with the store as it was, where the new version changed its form and nothing else', async () => {
    await put('1.0.0', () => openStore(layout.data).close());
    const failing = put('2.0.0', (wanted) => {
      if (wanted === '2.0.0') {
        workWithStore('');
        throw DOWN;
      }
    });
    await expect(failing).rejects.toMatchObject({
      code: 'rolled_back',
      message: expect.stringContaining('It is down.'),
    });
    expect(versionInstalled()).toBe('1.0.0');
    // The version before can read it again.
    openStore(layout.data).close();
  });

  it('stays where the new version has worked with the store: nothing is lost, and nothing sent twice', async () => {
    await put('1.0.0', () => openStore(layout.data).close());
    const failing = put('2.0.0', () => {
      workWithStore("INSERT INTO journal (type, at, body) VALUES ('message.received', 1, '{}')");
      throw DOWN;
    });
    await expect(failing).rejects.toMatchObject({ code: 'not_rolled_back' });
    expect(versionInstalled()).toBe('2.0.0');
    expect(calls().slice(-4)).toEqual(['bootstrap', 'bootout', 'enable', 'bootstrap']);
    const db = new Database(join(layout.data, 'blueline.db'), { readonly: true });
    expect(db.prepare('SELECT COUNT(*) FROM journal').pluck().get()).toBe(1);
    db.close();
  });

  it('says so where not even the version before comes up', async () => {
    await put('1.0.0');
    const failing = put('2.0.0', () => {
      throw DOWN;
    });
    await expect(failing).rejects.toMatchObject({ code: 'roll_back_failed' });
    expect(versionInstalled()).toBe('1.0.0');
  });

  it('goes back where launchd refuses the new one, and tells what launchd said', async () => {
    await put('1.0.0');
    writeFileSync(join(root, 'refuse'), '');
    await expect(put('2.0.0')).rejects.toMatchObject({
      code: 'roll_back_failed',
      message: expect.stringContaining('launchctl enable gui/501/dev.blueline.bridge did not work'),
    });
    rmSync(join(root, 'refuse'));
    expect(versionInstalled()).toBe('1.0.0');
  });
});

describe('what a version is taken from', () => {
  it('is a folder with Blueline in it, whole', () => {
    expect(() => readSource(root)).toThrow(expect.objectContaining({ code: 'no_such_version' }));
    const folder = version('1.0.0');
    rmSync(join(folder, 'bin'), { recursive: true });
    // A checkout then, but without its packages.
    expect(() => readSource(folder)).toThrow(expect.objectContaining({ code: 'packages_missing' }));
  });
});
