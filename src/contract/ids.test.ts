import { describe, expect, it } from 'vitest';
import { chatKey, handle, messageGuid } from '../domain/index.ts';
import { chatId, fileId, lineId, lineIdOrUnknown, messageId, reactionId, UNKNOWN_LINE_ID } from './ids.ts';

describe('ids', () => {
  it('are the prefix and 24 hex digits of a hash', () => {
    expect(lineId(handle('+15551234567'))).toMatch(/^ln_[0-9a-f]{24}$/u);
    expect(chatId(chatKey('direct', '+15551234567'))).toMatch(/^cht_[0-9a-f]{24}$/u);
    expect(messageId(messageGuid('G'))).toMatch(/^msg_[0-9a-f]{24}$/u);
    expect(fileId('A')).toMatch(/^file_[0-9a-f]{24}$/u);
    expect(reactionId(messageGuid('G'))).toMatch(/^rct_[0-9a-f]{24}$/u);
  });

  it('never change for the same thing', () => {
    expect(lineId(handle('+15551234567'))).toBe('ln_f34bffca4d1186dc513414b6');
    expect(chatId(chatKey('group', 'chat42'))).toBe(chatId(chatKey('group', 'chat42')));
  });

  it('differ between a direct chat and a group of the same identifier, and between kinds of things', () => {
    expect(chatId(chatKey('direct', 'chat42'))).not.toBe(chatId(chatKey('group', 'chat42')));
    expect(messageId(messageGuid('G')).slice(4)).not.toBe(reactionId(messageGuid('G')).slice(4));
  });

  it('stand for an unknown line by a word of its own', () => {
    expect(lineIdOrUnknown(null)).toBe(UNKNOWN_LINE_ID);
  });
});
