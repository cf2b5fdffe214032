import { KIM, LEE, SAM, type CataloguePen, type CatalogueRow } from './pen.ts';

/** What happens to a group, and the other rows that are no messages. */
export function writeGroups(pen: CataloguePen): void {
  const event = (
    name: string,
    columns: NonNullable<CatalogueRow['columns']>,
    kind: Readonly<Record<string, unknown>>,
    from: string | null = KIM,
  ) => pen.row(name, { chat: pen.crew, from, body: null, columns }, { kind, text: null });
  const handle = (id: string) => pen.places.ensureHandle(id, 'iMessage');
  const group = { kind: 'group_event' };
  const lee = handle(LEE);
  event(
    'a member added',
    { item_type: 1, group_action_type: 0, other_handle: lee },
    {
      ...group,
      action: 'participant_added',
      subject: LEE,
    },
  );
  event(
    'a member added by the owner',
    { item_type: 1, group_action_type: 0, other_handle: handle(SAM) },
    { ...group, action: 'participant_added', subject: SAM },
    null,
  );
  event(
    'a member removed',
    { item_type: 1, group_action_type: 1, other_handle: lee },
    {
      ...group,
      action: 'participant_removed',
      subject: LEE,
    },
  );
  event(
    'a member with another address',
    { item_type: 1, group_action_type: 0, other_handle: handle(KIM) },
    {
      ...group,
      action: 'address_changed',
      subject: KIM,
    },
  );
  event(
    'a member who left',
    { item_type: 3, group_action_type: 0 },
    {
      ...group,
      action: 'participant_left',
      subject: KIM,
    },
  );
  event(
    'a new name',
    { item_type: 2, group_title: 'Saturday crew 🎂' },
    {
      ...group,
      action: 'renamed',
      title: 'Saturday crew 🎂',
    },
  );
  event('a name cleared', { item_type: 2, group_title: null }, { ...group, action: 'renamed', title: null });
  event('a name emptied', { item_type: 2, group_title: '' }, { ...group, action: 'renamed', title: null });
  event('a new photo', { item_type: 3, group_action_type: 1 }, { ...group, action: 'photo_changed' });
  event('a photo removed', { item_type: 3, group_action_type: 2 }, { ...group, action: 'photo_removed' });
  event(
    'a background by action 3',
    { item_type: 3, group_action_type: 3 },
    { ...group, action: 'background_changed' },
  );
  // Sources differ on 4: one says set, another removed. It is a background either way.
  event('a background by action 4', { item_type: 3, group_action_type: 4 }, group);
  event(
    'a background removed by action 6',
    { item_type: 3, group_action_type: 6 },
    {
      ...group,
      action: 'background_removed',
    },
  );
  writeOthers(pen);
}

function writeOthers(pen: CataloguePen): void {
  const other = (
    name: string,
    columns: NonNullable<CatalogueRow['columns']>,
    kind: Readonly<Record<string, unknown>>,
    from: string | null = KIM,
  ) => pen.row(name, { from, body: null, columns }, { kind });
  const kim = pen.places.ensureHandle(KIM, 'iMessage');
  const sharing = { kind: 'location_sharing' };
  other(
    'the owner shares a location',
    { item_type: 4, share_status: 0, share_direction: 0, other_handle: kim },
    { ...sharing, action: 'started', byOwner: true },
    null,
  );
  other(
    'the owner stops sharing a location',
    { item_type: 4, share_status: 1, share_direction: 0, other_handle: kim },
    { ...sharing, action: 'stopped', byOwner: true },
    null,
  );
  other(
    'a contact shares a location',
    { item_type: 4, share_status: 0, share_direction: 1 },
    {
      ...sharing,
      action: 'started',
      byOwner: false,
    },
  );
  other(
    'a contact stops sharing a location',
    { item_type: 4, share_status: 1, share_direction: 1 },
    {
      ...sharing,
      action: 'stopped',
      byOwner: false,
    },
  );
  other('a voice message kept', { item_type: 5, message_action_type: 1 }, { kind: 'audio_kept' });
  other(
    'a SharePlay session',
    { item_type: 6, payload_data: Buffer.from('TUConversation') },
    { kind: 'shareplay' },
  );
  other(
    'an item that nobody knows',
    { item_type: 99 },
    {
      kind: 'unknown',
      itemType: 99,
      groupActionType: 0,
      associatedMessageType: 0,
    },
  );
  other(
    'a group action that nobody knows',
    { item_type: 3, group_action_type: 77 },
    {
      kind: 'unknown',
      itemType: 3,
      groupActionType: 77,
      associatedMessageType: 0,
    },
  );
}
