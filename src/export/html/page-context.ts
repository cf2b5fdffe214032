import type { Attachment, Message, MessageGuid } from '../../domain/index.ts';
import type { InlineImage } from './inline-image.ts';
import type { Moments } from './moments.ts';
import type { Mark, PollState } from './timeline.ts';

/** What the pieces of a page need beside the message that they show. */
export interface PageContext {
  readonly isGroup: boolean;
  readonly moments: Moments;
  marksOn(guid: MessageGuid): readonly Mark[];
  pollState(guid: MessageGuid): PollState;
  /** A message that is replied to, and whether it stands on the page. */
  replied(guid: MessageGuid): { readonly message: Message; readonly isOnPage: boolean } | null;
  image(attachment: Attachment): InlineImage;
}
