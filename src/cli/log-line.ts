import { z } from 'zod';
import { timeOfDay } from './moments.ts';
import type { Colors } from './session.ts';
import { visible } from './visible-text.ts';
import { parseJson } from './parse-json.ts';

const entrySchema = z.looseObject({ level: z.string(), time: z.iso.datetime(), msg: z.string().default('') });

/** A log entry (JSON) as one readable line: time, level, sentence, fields. What is no entry stays as it is. */
export function logLine(json: string, colors: Colors): string {
  const parsed = entrySchema.safeParse(parseJson(json));
  if (!parsed.success) {
    return visible(json.trimEnd());
  }
  const { level, time, msg, ...fields } = parsed.data;
  const told = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    colors.dim(timeOfDay(Date.parse(time))),
    paintLevel(level, colors),
    visible(msg),
    ...(told.length === 0 ? [] : [colors.dim(visible(told.join(' ')))]),
  ].join('  ');
}

function paintLevel(level: string, colors: Colors): string {
  const word = visible(level).padEnd(5);
  switch (level) {
    case 'fatal':
    case 'error':
      return colors.red(word);
    case 'warn':
      return colors.yellow(word);
    case 'info':
      return colors.green(word);
    default:
      return colors.dim(word);
  }
}
