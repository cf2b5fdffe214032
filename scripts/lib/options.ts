import { readFileSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/**
 * The options that the running script was given. `--help` prints the comment at the script's head and ends the process
 * with 0; what `options` does not know, or cannot be read, is told with the same comment, and ends it with 2.
 * @param more what `--help` says beside that
 */
export function readOptions<const T extends Options>(options: T, more = ''): Values<T> {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    console.log(`${usage()}\n\n${more}`.trim());
    return process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage()}`);
    return process.exit(2);
  }
}

/** Each script says at its head what it is for, and names its options. */
function usage(): string {
  const [, head = ''] = /^\/\*\*(.*?)\*\//su.exec(readFileSync(process.argv[1] ?? '', 'utf8')) ?? [];
  return head.replaceAll(/^ \* ?/gmu, '').trim();
}
