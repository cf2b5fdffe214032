import { z } from 'zod';

/** Unix time in milliseconds, as every `*_at` of the wire. */
export const instantField = z.int().meta({ description: 'Unix time in milliseconds.' });

export const lineIdField = z.string().meta({
  description: 'Id of the own address (line) concerned; `ln_unknown` where the row names none.',
  examples: ['ln_3f1c9b2a7d5e40b8a6c1d2e3'],
});

export const chatIdField = z.string().meta({
  description: 'Id of the chat; `cht_unknown` while nothing tells which it is.',
  examples: ['cht_8a6c1d2e33f1c9b2a7d5e40b'],
});

export const messageIdField = z.string().meta({
  description: 'Id of the message, a hash of its guid.',
  examples: ['msg_a7d5e40b8a6c1d2e33f1c9b2'],
});

export const guidField = z.string().meta({ description: 'The `message.guid` of chat.db.' });

export const requestIdField = z.string().meta({
  description: 'Id of this request; also in the header `x-request-id` and in the log.',
  examples: ['req_01KAHV6MZ8T5N2Q4X7C9D1E3FG'],
});

export const senderField = z.string().meta({
  description: "Who wrote it: a handle; our own address if it was us; `unknown` where the row doesn't tell.",
});
