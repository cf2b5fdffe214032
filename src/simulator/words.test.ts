import { describe, expect, it } from 'vitest';
import { commandSchema } from './command.ts';
import { help, parseWords } from './words.ts';

const parsed = (line: string) => {
  const spoken = parseWords(line);
  return spoken.kind === 'command'
    ? commandSchema.safeParse({ command: spoken.command, args: spoken.args })
    : null;
};

describe('plain words', () => {
  it.each([
    'text +15550001 hello there',
    'late-text 200 +15550001 hello',
    'late-text never +15550001 hello',
    'sms +15550001 hello',
    'group create crew +15550001,kim@example.com Friday crew',
    'group rename crew Saturday crew',
    'group add crew +15550002',
    'group leave crew +15550002',
    'group-text crew +15550001 hi all',
    'attachment +15550001 cake.heic 2000',
    'react +15550001 love',
    'react me +15550001 🎂 remove',
    'edit +15550001 better words',
    'unsend me +15550001',
    'read +15550001',
    'owner-reads +15550001',
    'phone +15550001 from the phone',
    'delete +15550001',
    'burst 500 10',
    'person +15550001 answers 800 See you then',
    'person +15550001 reacts 100 laugh',
    'person +15550001 unreachable',
    'fault error-22',
    'fault row-late 5000 on',
    'clear-faults',
    'quit',
    'reopen',
    'kill',
    'vanish',
    'restore',
    'replace-database',
    'replace-database renumbered 10',
    'checkpoint truncate',
    'wait-idle',
    'state',
    'exit',
  ])('make a whole command of: %s', (line) => {
    expect(parsed(line)?.error).toBeUndefined();
  });

  it('keep a message as it was typed', () => {
    expect(parsed('text +15550001  two  spaces "and quotes"')?.data?.args).toMatchObject({
      from: '+15550001',
      text: 'two  spaces "and quotes"',
    });
  });

  it.each(['text', 'text +15550001', 'react +15550001', 'burst many', 'checkpoint sideways'])(
    'are refused when something is missing: %s',
    (line) => {
      expect(parsed(line)?.success).toBe(false);
    },
  );

  it('answer help to what they do not know, and usage to a fault that does not exist', () => {
    expect(parseWords('dance')).toEqual({ kind: 'help', text: help() });
    expect(parseWords('constructor x')).toEqual({ kind: 'help', text: help() });
    expect(parseWords('fault flood')).toMatchObject({ kind: 'help' });
    expect(parseWords('   ')).toEqual({ kind: 'nothing' });
  });
});
