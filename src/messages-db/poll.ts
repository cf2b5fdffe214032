import {
  canonicalHandle,
  type Handle,
  type MessageGuid,
  type Poll,
  type PollOption,
} from '../domain/index.ts';
import { payloadUrl, readPayload } from './app-content.ts';

/** `data:,<base64url JSON>?src=p&c=4`. */
const DATA_URL = /^data:[^,]*,([A-Za-z0-9_=+/%-]*)/u;
const MAX_URL_LENGTH = 256 * 1024;

type Fields = ReadonlyMap<string, unknown>;

/**
 * A poll, or options added to one, as its creator's balloon carries it (macOS 26).
 * @param poll the row that it is about; `null`, or its own guid, in the row that creates it
 */
export function readPoll(payload: Buffer, own: MessageGuid, poll: MessageGuid | null): Poll | null {
  const item = readItem(payload);
  const options = item?.get('orderedPollOptions');
  if (item === null || !Array.isArray(options)) {
    return null;
  }
  const isCreation = poll === null || poll === own;
  return {
    action: isCreation ? 'created' : 'options_added',
    poll: isCreation ? null : poll,
    title: textOf(item.get('title')),
    options: options.flatMap((option: unknown) => readOption(fieldsOf(option))),
  };
}

/** A vote (`associated_message_type` 4000): the voter's whole choice. */
export function readVote(payload: Buffer, poll: MessageGuid): Poll | null {
  const votes = readItem(payload)?.get('votes');
  if (!Array.isArray(votes)) {
    return null;
  }
  return {
    action: 'voted',
    poll,
    votes: votes.flatMap((stored: unknown) => {
      const vote = fieldsOf(stored);
      const option = textOf(vote.get('voteOptionIdentifier'));
      return option === null ? [] : [{ option, voter: handleOf(vote.get('participantHandle')) }];
    }),
  };
}

function readOption(fields: Fields): readonly PollOption[] {
  const id = textOf(fields.get('optionIdentifier'));
  return id === null
    ? []
    : [{ id, text: textOf(fields.get('text')) ?? '', creator: handleOf(fields.get('creatorHandle')) }];
}

function readItem(payload: Buffer): Fields | null {
  const root = readPayload(payload);
  const url = root === null ? null : payloadUrl(root);
  const encoded = url === null || url.length > MAX_URL_LENGTH ? null : DATA_URL.exec(url)?.[1];
  if (encoded === undefined || encoded === null) {
    return null;
  }
  try {
    const json: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    const item = fieldsOf(json).get('item');
    return typeof item === 'object' && item !== null ? fieldsOf(item) : null;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
}

function fieldsOf(value: unknown): Fields {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function handleOf(value: unknown): Handle | null {
  const text = textOf(value);
  return text === null ? null : canonicalHandle(text);
}
