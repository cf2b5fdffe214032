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
    expect(config.http).toEqual({
      host: '127.0.0.1',
      port: 5463,
      tls: null,
      allowPlain: false,
      requestsPerHour: null,
    });
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

  it('names the variable of a wrong value in the environment', () => {
    expect(() => load(null, { BLUELINE_HTTP_PORT: 'many' })).toThrow(/^BLUELINE_HTTP_PORT: /u);
  });

  it('takes limits from the file and from the environment, number by number', () => {
    const yaml =
      'limits:\n  preset: strict\n  rules:\n    reach_out_limit:\n      limit: 7\n    quiet_hours:\n      from: "22:00"\n';
    const { config } = load(yaml, {
      BLUELINE_LIMITS_PRESET: 'photon',
      BLUELINE_LIMITS_RULES_QUIET_HOURS_TO: '07:30',
      BLUELINE_LIMITS_RULES_RECIPIENT_OPTED_OUT_STOP_WORDS: '[stop, halt]',
      BLUELINE_LIMITS_RULES_UNANSWERED_LIMIT_WARN_AT: 'null',
    });
    expect(config.limits).toEqual({
      preset: 'photon',
      rules: {
        reach_out_limit: { limit: 7 },
        quiet_hours: { from: '22:00', to: '07:30' },
        recipient_opted_out: { stop_words: ['stop', 'halt'] },
        unanswered_limit: { warn_at: null },
      },
    });
    expect(load('').config.limits).toEqual({ preset: 'balanced', rules: {} });
  });

  it.each([
    ['limits:\n  preset: brave\n', /config\.yaml:2: limits\.preset: .*"balanced"\|.*"off"/u],
    [
      'limits:\n  rules:\n    reach_limit:\n      limit: 1\n',
      /config\.yaml:3: limits\.rules\.reach_limit: .*reach_out_limit/u,
    ],
    [
      'limits:\n  rules:\n    reach_out_limit:\n      limit: 1\n      per_day: 2\n',
      /config\.yaml:5: limits\.rules\.reach_out_limit\.per_day: .*allowed are enabled, limit\./u,
    ],
    [
      'limits:\n  rules:\n    reach_out_limit:\n      limit: -1\n',
      /config\.yaml:4: limits\.rules\.reach_out_limit\.limit: .*>=0/u,
    ],
    ['lines:\n  time_zone: Berlin\n', /config\.yaml:2: lines\.time_zone: .*Europe\/Berlin/u],
  ])('names line, key, reason and what is allowed of a wrong limit: %j', (yaml, message) => {
    expect(() => load(yaml)).toThrow(message);
  });

  it('takes a controller with its token file, none by default', () => {
    expect(load(null).config.controller).toBeNull();
    const yaml = 'controller:\n  url: wss://controller.example/bridges\n  token_file: /x/token\n';
    expect(load(yaml).config.controller).toEqual({
      url: 'wss://controller.example/bridges',
      tokenFile: '/x/token',
      caFile: null,
    });
    const local = 'controller:\n  url: ws://127.0.0.1:5480\n  token_file: /x/token\n';
    expect(load(local, { BLUELINE_CONTROLLER_CA_FILE: '/x/ca.pem' }).config.controller).toMatchObject({
      url: 'ws://127.0.0.1:5480',
      caFile: '/x/ca.pem',
    });
    const plain = 'controller:\n  url: ws://10.0.0.1\n  token_file: /x\n  allow_plain: true\n';
    expect(load(plain).config.controller?.url).toBe('ws://10.0.0.1');
  });

  it.each([
    ['url: wss://controller.example', /config\.yaml:2: controller\.url: needs controller\.token_file/u],
    ['url: https://x\n  token_file: /x', /config\.yaml:2: controller\.url: a WebSocket address/u],
    ['url: wss://u:p@x\n  token_file: /x', /controller\.url: .*without user, password/u],
    ['url: wss://x?token=1\n  token_file: /x', /controller\.url: .*without user, password, query/u],
    ['url: ws://controller.example\n  token_file: /x', /controller\.url: must begin with wss/u],
    ['urls: wss://x', /controller\.urls: .*allowed are url, token_file, ca_file, allow_plain/u],
  ])('refuses the controller %j', (yaml, message) => {
    expect(() => load(`controller:\n  ${yaml}\n`)).toThrow(message);
  });

  it('names the variable of a wrong limit', () => {
    expect(() => load(null, { BLUELINE_LIMITS_RULES_THROUGHPUT_GAP_SECONDS: 'soon' })).toThrow(
      /^BLUELINE_LIMITS_RULES_THROUGHPUT_GAP_SECONDS: /u,
    );
  });

  it('reports variables that mean nothing', () => {
    expect(load(null, { BLUELINE_HTTP_PROT: '1' }).unknownVariables).toEqual(['BLUELINE_HTTP_PROT']);
  });

  it('refuses a file that is no map, and broken YAML, with the line', () => {
    expect(() => load('- a\n')).toThrow(/:1: /u);
    expect(() => load('http:\n  port: [1\n')).toThrow(/config\.yaml:\d+: /u);
  });
});
