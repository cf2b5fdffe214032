import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';

describe('loadConfig', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (yaml: string | null, environment: Record<string, string> = {}) => {
    if (yaml !== null) {
      writeFileSync(join(folder, 'config.yaml'), yaml);
    }
    return loadConfig({ BLUELINE_HOME: folder, ...environment });
  };

  it('works without a file, with loopback and the standard port', () => {
    const { config } = load(null);
    expect(config.http).toEqual({ host: '127.0.0.1', port: 5463, allowPlain: false });
    expect(config.messages.proofWindowMs).toBe(8_000);
  });

  it('lets the environment win over the file, key by key', () => {
    const { config } = load('http:\n  port: 7000\n  host: 127.0.0.2\n', { BLUELINE_HTTP_PORT: '7001' });
    expect(config.http).toMatchObject({ host: '127.0.0.2', port: 7001 });
  });

  it('takes BLUELINE_OSASCRIPT as the short form of messages.osascript', () => {
    expect(load(null, { BLUELINE_OSASCRIPT: '/x/osascript' }).config.messages.osascript).toBe('/x/osascript');
  });

  it('keeps a numeric-looking name as text', () => {
    expect(load(null, { BLUELINE_BRIDGE_ID: '12' }).config.bridgeId).toBe('12');
  });

  it('names the line and the key of an unknown key', () => {
    expect(() => load('http:\n  port: 1\n  prot: 2\n')).toThrow(/config\.yaml:3: http\.prot/u);
  });

  it('names the line, the key and the allowed values of a wrong value', () => {
    expect(() => load('log:\n  level: loud\n')).toThrow(/config\.yaml:2: log\.level: .*"info"/u);
  });

  it('takes a preset and single numbers over it, from the file and from the environment', () => {
    const { config } = load('limits:\n  preset: strict\n  rules:\n    reach_out_limit: { limit: 7 }\n');
    expect(config.limits).toEqual({
      preset: 'strict',
      overrides: { reach_out_limit: { limit: 7 } },
      timeZone: null,
    });
    const named = load('', { BLUELINE_LIMITS_PRESET: 'off', BLUELINE_LIMITS_TIME_ZONE: 'Europe/Berlin' });
    expect(named.config.limits).toEqual({ preset: 'off', overrides: {}, timeZone: 'Europe/Berlin' });
  });

  it('refuses a preset, a rule, a number and a zone that do not exist, naming each', () => {
    expect(() => load('limits:\n  preset: loose\n')).toThrow(/:2: limits\.preset: .*"balanced"/u);
    expect(() => load('limits:\n  rules:\n    reachout: {}\n')).toThrow(/limits\.rules\.reachout/u);
    expect(() => load('limits:\n  rules:\n    reach_out_limit:\n      limit: -1\n')).toThrow(
      /:4: limits\.rules\.reach_out_limit\.limit/u,
    );
    expect(() => load('limits:\n  time_zone: Mars/Olympus\n')).toThrow(/limits\.time_zone: .*IANA/u);
  });

  it('names the variable of a wrong value in the environment', () => {
    expect(() => load(null, { BLUELINE_HTTP_PORT: 'many' })).toThrow(/^BLUELINE_HTTP_PORT: /u);
  });

  it('reports variables that mean nothing', () => {
    expect(load(null, { BLUELINE_HTTP_PROT: '1' }).unknownVariables).toEqual(['BLUELINE_HTTP_PROT']);
  });

  it('refuses a file that is no map, and broken YAML, with the line', () => {
    expect(() => load('- a\n')).toThrow(/:1: /u);
    expect(() => load('http:\n  port: [1\n')).toThrow(/config\.yaml:\d+: /u);
  });
});
