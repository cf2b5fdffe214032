import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);

interface LogCall {
  readonly file: string;
  /** The call as it is written. */
  readonly source: string;
  /** Types of its arguments' syntax. */
  readonly args: readonly string[];
  readonly message: string | null;
}

function isNode(value: unknown): value is { readonly type: string; readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The calls `log.info(…)`, `this.#log.warn(…)`, `options.log.error(…)` of a file. */
function logCalls(file: string, text: string): LogCall[] {
  const calls: LogCall[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(visit);
      return;
    }
    if (!isNode(node)) {
      return;
    }
    const { callee, arguments: args } = node;
    if (node.type === 'CallExpression' && isNode(callee) && Array.isArray(args) && isLogMethod(callee)) {
      const last: unknown = args.at(-1);
      calls.push({
        file: relative(SRC, file),
        source: text.slice(Number(node['start']), Number(node['end'])),
        args: args.map((one: unknown) => (isNode(one) ? one.type : '')),
        message:
          isNode(last) && last.type === 'Literal' && typeof last['value'] === 'string' ? last['value'] : null,
      });
    }
    Object.values(node).forEach(visit);
  };
  visit(parseSync(file, text).program);
  return calls;
}

function isLogMethod(callee: { readonly [name: string]: unknown }): boolean {
  const { property, object, computed } = callee;
  // A level that is only chosen at run time may be any.
  if (!isNode(property) || !isNode(object) || (computed !== true && !LEVELS.has(String(property['name'])))) {
    return false;
  }
  const name = isNode(object['property']) ? object['property']['name'] : object['name'];
  return name === 'log' || name === '#log';
}

describe('what the log says', () => {
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && entry.name.endsWith('.ts') && !/(?:\.test|^test-.*)\.ts$/u.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name));
  const calls = files.flatMap((file) => logCalls(file, readFileSync(file, 'utf8')));

  it('is found at all', () => {
    expect(calls.length).toBeGreaterThan(30);
  });

  it('is a constant sentence each time: what varies is a field, and can be redacted and counted', () => {
    expect(calls.filter(({ message }) => message === null)).toEqual([]);
    expect(calls.filter(({ message }) => !/^[A-Z][^.]*[^.]$/u.test(message ?? ''))).toEqual([]);
    expect(calls.filter(({ args }) => args.length > 2)).toEqual([]);
  });

  it('would be noticed where it is not', () => {
    const [call] = logCalls(join(SRC, 'x.ts'), 'this.#log.warn({ a }, `it is ${b}`);');
    expect(call?.message).toBeNull();
    const [chosen] = logCalls(join(SRC, 'x.ts'), 'log[isOurs ? "error" : "info"](`it is ${b}`);');
    expect(chosen?.message).toBeNull();
    expect(logCalls(join(SRC, 'x.ts'), 'console.log.bind(x)')).toEqual([]);
  });
});
