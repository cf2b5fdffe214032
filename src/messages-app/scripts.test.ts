import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readScript } from './scripts.ts';

const files = readdirSync(new URL('./scripts/', import.meta.url));

const NAMES = ['poke', 'probe', 'relaunch', 'send-file', 'send-text'] as const;

describe('the scripts', () => {
  it('are the five that the bridge uses', () => {
    expect(files.toSorted()).toEqual(NAMES.map((name) => `${name}.applescript`));
  });

  it.each(NAMES)('%s names itself in its first line and is plain ASCII', (name) => {
    const source = readScript(name);
    expect(source.split('\n')[0]).toBe(`-- blueline ${name} 1`);
    expect(source).toMatch(/^[\t\n\u0020-\u007e]*$/u);
  });

  it.each(NAMES)('%s never turns data into source or a shell command', (name) => {
    const words = ['run script', 'do shell script', 'load script', 'system attribute', 'System Events'];
    expect(words.filter((word) => readScript(name).includes(word))).toEqual([]);
  });

  it.each(['send-text', 'send-file'] as const)(
    '%s reports the phase between finding the target and the only send verb',
    (name) => {
      const source = readScript(name);
      const verbs = [...source.matchAll(/^\s*send /gmu)];
      expect(verbs).toHaveLength(1);
      const phase = source.indexOf('log "phase: resolved"');
      expect(phase).toBeGreaterThan(source.indexOf('set chosenTarget to participant'));
      expect(phase).toBeLessThan(verbs[0]?.index ?? 0);
    },
  );

  it('find the account of a target in the same way for texts and for files', () => {
    const handler = (name: 'send-text' | 'send-file') => readScript(name).split('on accountFor')[1];
    expect(handler('send-file')).toBe(handler('send-text'));
  });

  it('makes the file an alias before anything is told to Messages', () => {
    const source = readScript('send-file').replaceAll(/^--.*$/gmu, '');
    expect(source).toContain('as alias');
    expect(source.indexOf('as alias')).toBeLessThan(source.indexOf('tell application'));
  });

  it('ask whether Messages runs before they tell it anything, so that a probe never launches it', () => {
    const source = readScript('probe').replaceAll(/^--.*$/gmu, '');
    expect(source.indexOf('is running')).toBeLessThan(source.indexOf('tell application'));
  });
});
