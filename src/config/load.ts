import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import { canonicalHandle, type Handle } from '../domain/index.ts';
import { BluelineError, type LogLevel } from '../runtime/index.ts';
import { dataFolder } from './environment.ts';
import { allowedKeys } from './allowed-keys.ts';
import { fromEnvironment, variableAt, type EnvironmentValue } from './from-environment.ts';
import type { LimitOverrides, PresetName } from './limit-rules.ts';
import { fileSchema, type ConfigFile } from './schema.ts';

/** Everything that an operator can set, checked, with units in the names. Holds no secret. */
export interface Config {
  readonly folder: string;
  readonly bridgeId: string | null;
  readonly clockOffsetMs: number;
  readonly messages: {
    readonly db: string;
    readonly osascript: string | null;
    readonly sendTimeoutMs: number;
    readonly proofWindowMs: number;
    readonly followUpMs: number;
    readonly fileFollowUpMs: number;
    readonly fallbackMs: number;
    readonly breaker: { readonly unknowns: number; readonly failures: number; readonly pauseMs: number };
  };
  readonly captureMode: 'auto' | 'wal' | 'scan';
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Files of a certificate and its key; `null` is no TLS. */
    readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
    readonly allowPlain: boolean;
    /** Per key; `null` leaves it to the preset, 0 is no limit. */
    readonly requestsPerHour: number | null;
  };
  readonly sendableLine: Handle | null;
  /** The line's own card. */
  readonly lineCard: {
    /** It is sent to every contact after the first exchange. */
    readonly isSent: boolean;
    readonly name: string | null;
    readonly organization: string | null;
    readonly backups: readonly Handle[];
  };
  readonly lineTimeZone: string | null;
  readonly limits: { readonly preset: PresetName; readonly rules: LimitOverrides };
  readonly files: {
    readonly maxBytes: number;
    readonly reserveBytes: number;
    readonly keepMs: number;
    readonly afconvert: string;
  };
  /** What is kept of the journal. */
  readonly retention: { readonly ms: number; readonly bytes: number; readonly maxBytes: number };
  readonly webhooks: {
    readonly rules: { readonly allowPlain: boolean; readonly allowPrivate: boolean };
    readonly timeoutMs: number;
    readonly concurrency: number;
    readonly pausesMs: readonly number[];
    readonly disableAfterMs: number;
    readonly logMs: number;
    readonly overlapMs: number;
  };
  readonly keeper: { readonly messages: boolean; readonly pokeMs: number; readonly awake: boolean };
  /** `null` where there is none. */
  readonly controller: {
    readonly url: string;
    readonly tokenFile: string;
    readonly caFile: string | null;
  } | null;
  readonly logLevel: LogLevel;
  /** Of the log where it goes to files. */
  readonly logFiles: { readonly bytes: number; readonly keep: number };
  /** Where stand-ins for macOS's own tools are; `null` means the system's. */
  readonly macTools: string | null;
}

export interface LoadedConfig {
  readonly config: Config;
  /** `BLUELINE_…` variables that no key answers to; worth a warning, as they are likely misspelt. */
  readonly unknownVariables: readonly string[];
}

/**
 * Reads `config.yaml` from the data folder (none is fine) and the environment, which wins.
 * @throws BluelineError `config_invalid` naming file, line, key, reason and what is allowed.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const folder = dataFolder(environment);
  const source = readSource(join(folder, 'config.yaml'));
  const { values, unknown } = fromEnvironment(environment);
  const merged = values.reduce<unknown>(
    (tree, { path, value }) => withValue(tree, path, value),
    source.value,
  );
  const parsed = fileSchema.safeParse(merged);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = (issue?.path ?? []).map(String);
    throw issue?.code === 'unrecognized_keys'
      ? invalid(source, [...path, ...issue.keys.slice(0, 1)], unknownKey(path), values)
      : invalid(source, path, issue?.message ?? 'is not valid', values);
  }
  return { config: toConfig(folder, parsed.data), unknownVariables: unknown };
}

function withValue(tree: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) {
    return value;
  }
  const below = isRecord(tree) ? tree : {};
  return { ...below, [key]: withValue(below[key], rest, value) };
}

function unknownKey(path: readonly string[]): string {
  return `there is no such key; allowed are ${allowedKeys(fileSchema, path).join(', ')}`;
}

interface Source {
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly document: Document | null;
  readonly lines: LineCounter;
}

function readSource(path: string): Source {
  const lines = new LineCounter();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { path, value: {}, document: null, lines };
    }
    throw new BluelineError('config_unreadable', `The configuration ${path} cannot be read.`, {
      cause: error,
    });
  }
  const document = parseDocument(text, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new BluelineError(
      'config_invalid',
      `${path}:${lines.linePos(problem.pos[0]).line}: ${problem.message}`,
    );
  }
  const value: unknown = document.toJS() ?? {};
  if (!isRecord(value)) {
    throw new BluelineError(
      'config_invalid',
      `${path}:1: expected sections such as "http:", found something else.`,
    );
  }
  return { path, value, document, lines };
}

function invalid(
  source: Source,
  path: readonly string[],
  reason: string,
  set: readonly EnvironmentValue[],
): BluelineError {
  const variable = variableAt(set, path);
  if (variable !== null) {
    return new BluelineError('config_invalid', `${variable}: ${reason}.`);
  }
  const name = path.join('.');
  const line = lineOf(source, path);
  return new BluelineError(
    'config_invalid',
    `${source.path}${line === null ? '' : `:${line}`}: ${name}: ${reason}.`,
  );
}

function lineOf(source: Source, path: readonly string[]): number | null {
  let node: unknown = source.document?.contents;
  let offset: number | null = null;
  for (const step of path) {
    if (!isMap(node)) {
      break;
    }
    const pair = node.items.find((item) => String(item.key) === step);
    if (pair === undefined) {
      break;
    }
    const { key } = pair;
    offset = isRecord(key) && Array.isArray(key['range']) ? Number(key['range'][0]) : offset;
    node = pair.value;
  }
  return offset === null ? null : source.lines.linePos(offset).line;
}

function toConfig(folder: string, file: ConfigFile): Config {
  return {
    folder,
    bridgeId: file.bridge.id ?? null,
    clockOffsetMs: file.bridge.clock_offset_seconds * 1000,
    messages: {
      db: expand(file.messages.db ?? '~/Library/Messages/chat.db'),
      osascript: file.messages.osascript === undefined ? null : expand(file.messages.osascript),
      sendTimeoutMs: file.messages.send_timeout_seconds * 1000,
      proofWindowMs: file.messages.proof_window_seconds * 1000,
      followUpMs: file.messages.follow_up_minutes * 60_000,
      fileFollowUpMs: file.messages.file_follow_up_minutes * 60_000,
      fallbackMs: file.messages.fallback_after_seconds * 1000,
      breaker: {
        unknowns: file.messages.breaker_unknowns,
        failures: file.messages.breaker_failures,
        pauseMs: file.messages.breaker_pause_minutes * 60_000,
      },
    },
    captureMode: file.capture.mode,
    http: {
      host: file.http.host,
      port: file.http.port,
      tls:
        file.http.tls === undefined
          ? null
          : { certFile: expand(file.http.tls.cert), keyFile: expand(file.http.tls.key) },
      allowPlain: file.http.allow_plain,
      requestsPerHour: file.http.requests_per_hour ?? null,
    },
    sendableLine: file.lines.sendable === undefined ? null : canonicalHandle(file.lines.sendable),
    lineCard: {
      isSent: file.lines.contact_card === 'auto',
      name: file.lines.card_name ?? null,
      organization: file.lines.card_organization ?? null,
      backups: file.lines.backup_numbers,
    },
    lineTimeZone: file.lines.time_zone ?? null,
    limits: file.limits,
    files: {
      maxBytes: file.files.max_bytes,
      reserveBytes: file.files.reserve_bytes,
      keepMs: file.files.keep_hours * 3_600_000,
      afconvert: expand(file.files.afconvert),
    },
    retention: {
      ms: file.events.retention_days * 86_400_000,
      bytes: file.events.retention_bytes,
      maxBytes: file.events.max_bytes,
    },
    webhooks: {
      rules: { allowPlain: file.webhooks.allow_plain, allowPrivate: file.webhooks.allow_private },
      timeoutMs: file.webhooks.timeout_seconds * 1000,
      concurrency: file.webhooks.concurrency,
      pausesMs: file.webhooks.retry_seconds.map((seconds) => seconds * 1000),
      disableAfterMs: file.webhooks.disable_after_hours * 3_600_000,
      logMs: file.webhooks.log_days * 86_400_000,
      overlapMs: file.webhooks.rotation_overlap_hours * 3_600_000,
    },
    keeper: {
      messages: file.keeper.messages,
      pokeMs: file.keeper.poke_minutes * 60_000,
      awake: file.keeper.awake,
    },
    controller: controllerOf(file.controller),
    logLevel: file.log.level,
    logFiles: { bytes: file.log.file_bytes, keep: file.log.files },
    macTools: file.mac.tools === undefined ? null : expand(file.mac.tools),
  };
}

function controllerOf(section: ConfigFile['controller']): Config['controller'] {
  const { url, token_file: tokenFile, ca_file: caFile } = section;
  return url === undefined || tokenFile === undefined
    ? null
    : { url, tokenFile: expand(tokenFile), caFile: caFile === undefined ? null : expand(caFile) };
}

function expand(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
