import type { Handle, MessageKind } from '../domain/index.ts';
import { AT, type MessageRow } from './message-columns.ts';
import type { RowReferences } from './row-references.ts';
import { flagOf, integerOf, textOf } from './sql-value.ts';

type GroupAction = Extract<MessageKind, { kind: 'group_event' }>['action'];

/**
 * A row that tells of the chat rather than in it (`item_type` other than 0), or `null` for one whose codes nobody
 * knows.
 */
export function groupEvent(row: MessageRow, references: RowReferences): MessageKind | null {
  const action = integerOf(row[AT.group_action_type]);
  switch (integerOf(row[AT.item_type])) {
    case 1:
      return membership(row, action, references);
    case 2:
      return event('renamed', null, textOf(row[AT.group_title]));
    case 3:
      return change(row, action, references);
    case 4:
      return action === 0 ? locationSharing(row) : null;
    case 5:
      return { kind: 'audio_kept' };
    case 6:
      return { kind: 'shareplay' };
    default:
      return null;
  }
}

function membership(row: MessageRow, action: number, references: RowReferences): MessageKind | null {
  const subject = references.handle(row[AT.other_handle])?.handle ?? null;
  if (action === 1) {
    return event('participant_removed', subject);
  }
  if (action !== 0) {
    return null;
  }
  // Somebody who added himself writes from another address now.
  const isSame =
    integerOf(row[AT.other_handle]) > 0 &&
    integerOf(row[AT.other_handle]) === integerOf(row[AT.handle_id]) &&
    !flagOf(row[AT.is_from_me]);
  return event(isSame ? 'address_changed' : 'participant_added', subject);
}

/**
 * Codes of backgrounds: one reading of macOS 26 has 4 for set and 6 for removed, another 3 and 4. 4 is taken as set,
 * as the better documented of the two has it; 3 and 6 mean the same in both.
 */
function change(row: MessageRow, action: number, references: RowReferences): MessageKind | null {
  switch (action) {
    case 0: {
      const leaver = flagOf(row[AT.is_from_me])
        ? null
        : (references.handle(row[AT.handle_id])?.handle ?? null);
      return event('participant_left', leaver);
    }
    case 1:
      return event('photo_changed');
    case 2:
      return event('photo_removed');
    case 3:
    case 4:
      return event('background_changed');
    case 6:
      return event('background_removed');
    default:
      return null;
  }
}

/** `share_direction` 0 is the owner's own, if the row names whom it is shared with; 1 is the other side's. */
function locationSharing(row: MessageRow): MessageKind {
  const byOwner = !flagOf(row[AT.share_direction]) && integerOf(row[AT.other_handle]) !== 0;
  return {
    kind: 'location_sharing',
    action: flagOf(row[AT.share_status]) ? 'stopped' : 'started',
    byOwner,
  };
}

function event(action: GroupAction, subject: Handle | null = null, title: string | null = null): MessageKind {
  return { kind: 'group_event', action, subject, title };
}
