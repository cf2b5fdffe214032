import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepLog, LOG_FOLDER_VARIABLE, lookThroughLogs, noteCanaries } from './support/kept-logs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-kept-'));
  vi.stubEnv(LOG_FOLDER_VARIABLE, folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('finds nothing in logs that hold nothing', () => {
  noteCanaries('only for you', 'short');
  keepLog('daemon', '{"msg":"The bridge is ready","url":"http://127.0.0.1:1"}\n{"msg":"short"}\n');
  expect(lookThroughLogs(folder)).toEqual({ logs: 1, lines: 2, canaries: 1, leaks: [] });
});

it.each([
  ['what a test had sent', '{"msg":"only for you"}'],
  ['what a test had sent', String.raw`{"msg":"two\nlines of text"}`],
  ['a number', '{"to":"+15550001111"}'],
  ['an address', '{"to":"kim@example.com"}'],
  ['a key', '{"url":"/?key=blk_0123456789abcdef_x"}'],
  ['a signed link', '{"url":"/v1/files/a?expires=1&signature=x"}'],
  ['a bearer header', '{"authorization":"Bearer x"}'],
])('finds %s in %s, and says where', (kind, line) => {
  noteCanaries('only for you', 'two\nlines of text');
  keepLog('daemon', `{"msg":"fine"}\n${line}\n`);
  expect(lookThroughLogs(folder).leaks).toEqual([`daemon.log, line 2: ${kind}`]);
});
