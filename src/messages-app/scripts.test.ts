import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readScript } from './scripts.ts';

const files = readdirSync(new URL('./scripts/', import.meta.url));

describe('the scripts', () => {
  it('are the two that the bridge uses', () => {
    expect(files.toSorted()).toEqual(['probe.applescript', 'send-text.applescript']);
  });

  it.each(['send-text', 'probe'] as const)('%s names itself in its first line and is plain ASCII', (name) => {
    const source = readScript(name);
    expect(source.split('\n')[0]).toBe(`-- blueline ${name} 1`);
    expect(source).toMatch(/^[\t\n\u0020-\u007e]*$/u);
  });

  it.each(['send-text', 'probe'] as const)('%s never turns data into source or a shell command', (name) => {
    const words = ['run script', 'do shell script', 'load script', 'system attribute', 'System Events'];
    expect(words.filter((word) => readScript(name).includes(word))).toEqual([]);
  });

  it('report the phase between finding the target and the only send verb', () => {
    const source = readScript('send-text');
    const verbs = [...source.matchAll(/^\s*send /gmu)];
    expect(verbs).toHaveLength(1);
    const phase = source.indexOf('log "phase: resolved"');
    expect(phase).toBeGreaterThan(source.indexOf('set chosenTarget to participant'));
    expect(phase).toBeLessThan(verbs[0]?.index ?? 0);
  });

  it('ask whether Messages runs before they tell it anything, so that a probe never launches it', () => {
    const source = readScript('probe').replaceAll(/^--.*$/gmu, '');
    expect(source.indexOf('is running')).toBeLessThan(source.indexOf('tell application'));
  });
});
