import { run } from '../attributed-body.ts';
import { encodeAppPayload, pollUrl } from '../payloads.ts';
import { KIM, LINE, SAM, type CataloguePen, type CatalogueRow } from './pen.ts';

const BUNDLE = 'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.messages.Polls';

/** Polls and votes (macOS 26 on). */
export function writePolls(pen: CataloguePen): void {
  if (!pen.since(26)) {
    return;
  }
  const option = (id: string, text: string, creatorHandle = KIM) => ({
    optionIdentifier: id,
    text,
    creatorHandle,
    canBeEdited: false,
  });
  const poll = (
    name: string,
    item: unknown,
    row: CatalogueRow,
    expected: Readonly<Record<string, unknown>>,
  ) =>
    pen.row(
      name,
      {
        chat: pen.crew,
        body: [run(0, '\u{FFFD}')],
        ...row,
        columns: {
          balloon_bundle_id: BUNDLE,
          payload_data: encodeAppPayload({ appName: 'Polls', text: 'A poll', url: pollUrl(item) }),
          ...row.columns,
        },
      },
      { kind: { kind: 'poll', poll: expected } },
    );
  const both = [
    { id: 'OPTION-1', text: 'Pizza 🍕', creator: KIM },
    { id: 'OPTION-2', text: 'Soup', creator: KIM },
  ];
  const item = {
    title: 'What do we eat?',
    creatorHandle: KIM,
    orderedPollOptions: [option('OPTION-1', 'Pizza 🍕'), option('OPTION-2', 'Soup')],
  };
  const made = poll(
    'a poll',
    item,
    {},
    {
      action: 'created',
      title: 'What do we eat?',
      options: both,
    },
  );
  pen.row('the line that goes with a poll', { chat: pen.crew, body: 'Sent a poll' }, { text: 'Sent a poll' });
  const own = pen.guid('a poll that names itself');
  poll(
    'a poll that names itself',
    { ...item, title: '' },
    { columns: { associated_message_guid: own } },
    { action: 'created', options: both },
  );
  poll(
    'options added to a poll',
    { ...item, orderedPollOptions: [...item.orderedPollOptions, option('OPTION-3', 'Salad', SAM)] },
    { from: SAM, columns: { associated_message_guid: made.guid } },
    {
      action: 'options_added',
      poll: made.guid,
      options: [...both, { id: 'OPTION-3', text: 'Salad', creator: SAM }],
    },
  );
  const vote = (id: string, participantHandle: string) => ({
    voteOptionIdentifier: id,
    participantHandle,
    serverVoteTime: 741_614_400.5,
  });
  const cast = { columns: { associated_message_guid: made.guid, associated_message_type: 4000 } };
  poll('a vote', { votes: [vote('OPTION-1', KIM)] }, cast, {
    action: 'voted',
    poll: made.guid,
    votes: [{ option: 'OPTION-1', voter: KIM }],
  });
  poll(
    'a vote for two options',
    { votes: [vote('OPTION-1', LINE), vote('OPTION-2', LINE)] },
    { ...cast, from: null },
    {
      action: 'voted',
      poll: made.guid,
      votes: [
        { option: 'OPTION-1', voter: LINE },
        { option: 'OPTION-2', voter: LINE },
      ],
    },
  );
  poll('a vote withdrawn', { votes: [] }, cast, { action: 'voted', poll: made.guid, votes: [] });
}
