import { attachmentRun, run } from '../attributed-body.ts';
import { LEE, type CataloguePen } from './pen.ts';

const EFFECTS: readonly (readonly [string, 'bubble' | 'screen' | 'unknown', string])[] = [
  ['com.apple.MobileSMS.expressivesend.gentle', 'bubble', 'gentle'],
  ['com.apple.MobileSMS.expressivesend.impact', 'bubble', 'slam'],
  ['com.apple.MobileSMS.expressivesend.invisibleink', 'bubble', 'invisible_ink'],
  ['com.apple.MobileSMS.expressivesend.loud', 'bubble', 'loud'],
  ['com.apple.messages.effect.CKConfettiEffect', 'screen', 'confetti'],
  ['com.apple.messages.effect.CKEchoEffect', 'screen', 'echo'],
  ['com.apple.messages.effect.CKFireworksEffect', 'screen', 'fireworks'],
  ['com.apple.messages.effect.CKHappyBirthdayEffect', 'screen', 'balloons'],
  ['com.apple.messages.effect.CKHeartEffect', 'screen', 'heart'],
  ['com.apple.messages.effect.CKLasersEffect', 'screen', 'lasers'],
  ['com.apple.messages.effect.CKShootingStarEffect', 'screen', 'shooting_star'],
  ['com.apple.messages.effect.CKSparklesEffect', 'screen', 'sparkles'],
  ['com.apple.messages.effect.CKSpotlightEffect', 'screen', 'spotlight'],
  ['com.example.something.Unheard', 'unknown', 'Unheard'],
];

/** Replies in threads, and messages that were sent with an effect. */
export function writeReplies(pen: CataloguePen): void {
  for (const [style, type, name] of EFFECTS) {
    pen.row(
      `the effect ${style}`,
      { body: 'Wow', columns: { expressive_send_style_id: style } },
      {
        text: 'Wow',
        effect: { type, name },
      },
    );
  }
  if (!pen.since(12)) {
    return;
  }
  const root = pen.row(
    'the root of a thread',
    {
      body: [attachmentRun(0, 'at_0_ROOT'), attachmentRun(1, 'at_1_ROOT'), run(2, 'Which one do you like?')],
      attachments: [
        { guid: 'at_0_ROOT', name: 'a.png' },
        { guid: 'at_1_ROOT', name: 'b.png' },
      ],
    },
    { replyTo: null },
  );
  const reply = (name: string, place: string, replyTo: object) =>
    pen.row(
      name,
      {
        from: null,
        body: name,
        columns: { thread_originator_guid: root.guid, thread_originator_part: place },
      },
      { kind: { kind: 'text' }, text: name, replyTo: { guid: root.guid, ...replyTo } },
    );
  reply('a reply to part 2', '2:0:22', { part: 2, start: 0, length: 22 });
  reply('a reply to a stretch of part 2', '2:109:158', { part: 2, start: 109, length: 158 });
  reply('a reply to part -1', '18446744073709551615:0:3', { part: null });
  reply('a reply to an attachment', '0:0:1', { part: 0, start: 0, length: 1 });
  pen.row(
    'a row that only names the one before it',
    { body: 'no reply at all', columns: { reply_to_guid: root.guid } },
    { replyTo: null, text: 'no reply at all' },
  );
  pen.row(
    'a reply whose root is gone',
    {
      from: LEE,
      chat: pen.places.ensureChat({ style: 'direct', handle: LEE }),
      body: 'still a reply',
      columns: { thread_originator_guid: pen.guid('nowhere'), thread_originator_part: '0:0:5' },
    },
    { replyTo: { guid: pen.guid('nowhere'), part: 0, start: 0, length: 5 } },
  );
}
