import { describe, expect, it } from 'vitest';
import { displayWidth, shorten, visible, visibleJson, visibleLines, wrap } from './visible-text.ts';

describe('visible', () => {
  it.each([
    ['an escape sequence', '\u001B[31mred\u001B]0;title\u0007', '␛[31mred␛]0;title␇'],
    ['the one-byte form of an escape', '\u009B2J', '<U+009B>2J'],
    ['line breaks of every kind', 'a\nb\r\nc\rd\u2028e', 'a⏎b⏎c⏎d⏎e'],
    ['signs that turn the order of letters', 'abc\u202Edcba\u2066', 'abc<U+202E>dcba<U+2066>'],
    ['tab, NUL and DEL', '\t\0\u007F', '␉␀␡'],
  ])('shows %s', (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves emoji, joiners and other scripts as they are', () => {
    const text = '👩‍👩‍👧‍👦 ❤️ שלום مرحبا 日本語';
    expect(visible(text)).toBe(text);
  });

  it('keeps the lines of a text apart where there is room for them', () => {
    expect(visibleLines('one\ntwo\u001B\r\nthree')).toEqual(['one', 'two␛', 'three']);
  });
});

describe('visibleJson', () => {
  it('is the same document, without a character that a terminal would obey', () => {
    const value = { text: '\u001B[2J\u009B2J\u007F\u202E"quoted" 🙂' };
    const json = visibleJson(value);
    expect(json).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(JSON.parse(json)).toEqual(value);
  });
});

describe('widths', () => {
  it('counts two columns for wide signs and emoji, none for marks', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('👩‍👩‍👧‍👦')).toBe(2);
    expect(displayWidth('e\u0301')).toBe(1);
  });

  it('wraps at spaces, and through words that are too long', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('日本語日本', 4)).toEqual(['日本', '語日', '本']);
    expect(wrap('', 4)).toEqual(['']);
  });

  it('shortens with a sign that says so', () => {
    expect(shorten('Friday crew', 20)).toBe('Friday crew');
    expect(shorten('Friday crew', 7)).toBe('Friday…');
  });
});
