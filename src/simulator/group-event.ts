import type { ChatPlace, ChatPlaces } from './chat-places.ts';
import type { Cell } from './row-insert.ts';

export type GroupEvent = {
  readonly chat: ChatPlace;
  /** Who did it; `null` is the owner. */
  readonly by: string | null;
} & (
  | { readonly action: 'added' | 'removed'; readonly who: string }
  | { readonly action: 'renamed'; readonly title: string | null }
  | { readonly action: 'left' | 'photo_changed' | 'photo_removed' }
);

/**
 * The columns that the event's row tells it with. Whoever leaves does so only in `settleGroupEvent`: Apple's trigger
 * drops the handle of a member whom no row names yet.
 */
export function groupEventColumns(places: ChatPlaces, event: GroupEvent): Record<string, Cell> {
  switch (event.action) {
    case 'added':
      places.join(event.chat.rowId, event.who, 'iMessage');
      return { item_type: 1, group_action_type: 0, other_handle: places.ensureHandle(event.who, 'iMessage') };
    case 'removed':
      return { item_type: 1, group_action_type: 1, other_handle: places.ensureHandle(event.who, 'iMessage') };
    case 'renamed':
      return { item_type: 2, group_title: event.title };
    case 'left':
      return { item_type: 3, group_action_type: 0 };
    case 'photo_changed':
      return { item_type: 3, group_action_type: 1 };
    case 'photo_removed':
      return { item_type: 3, group_action_type: 2 };
    default:
      return event satisfies never;
  }
}

/** What the event changes in the chat itself, once its row stands. */
export function settleGroupEvent(places: ChatPlaces, event: GroupEvent): void {
  const chat = event.chat.rowId;
  if (event.action === 'removed') {
    places.leave(chat, event.who);
  } else if (event.action === 'left' && event.by !== null) {
    places.leave(chat, event.by);
  } else if (event.action === 'renamed') {
    places.rename(chat, event.title);
  }
}
