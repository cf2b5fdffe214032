import { appleNanoseconds, appleSeconds } from '../apple-time.ts';
import { KIM, LEE, LINE, type CataloguePen } from './pen.ts';

const MAIL = 'owner@example.com';

/** What became of a message, who it was addressed to, and what the filters made of it. */
export function writeDelivery(pen: CataloguePen): void {
  const nanoseconds = (afterMs: number) => appleNanoseconds(pen.next + afterMs);
  const at = (afterMs: number) => pen.next + afterMs;
  pen.row(
    'an own text delivered and read',
    {
      from: null,
      body: 'read it?',
      columns: {
        is_delivered: 1,
        date_delivered: nanoseconds(520),
        is_read: 1,
        date_read: nanoseconds(4000),
      },
    },
    {
      delivery: {
        isSent: true,
        isDelivered: true,
        isRead: true,
        deliveredAt: at(520),
        readAt: at(4000),
        error: 0,
      },
    },
  );
  for (const error of [22, 3, 77]) {
    pen.row(
      `a send that failed with error ${error}`,
      { from: null, body: 'failed', columns: { error, is_sent: 0 } },
      {
        delivery: { isSent: false, isDelivered: false, error },
      },
    );
  }
  pen.row(
    'a send that went out as a text message',
    { from: null, service: 'SMS', body: 'green', columns: { was_downgraded: 1 } },
    { delivery: { wasDowngraded: true, isSent: true }, service: 'SMS' },
  );
  pen.row(
    'a message over a satellite',
    { from: null, service: 'iMessageLite', body: 'SOS' },
    { service: 'iMessageLite' },
  );
  if (pen.since(12)) {
    pen.row(
      'a delivery that woke nobody',
      { from: null, body: 'psst', columns: { is_delivered: 1, was_delivered_quietly: 1 } },
      { delivery: { wasDeliveredQuietly: true, didNotifyRecipient: false } },
    );
    pen.row(
      'a delivery that was made to notify',
      {
        from: null,
        body: 'wake up',
        columns: { is_delivered: 1, was_delivered_quietly: 1, did_notify_recipient: 1 },
      },
      { delivery: { wasDeliveredQuietly: true, didNotifyRecipient: true } },
    );
  }
  writeDates(pen);
  writeSchedule(pen);
  writeLines(pen);
  writeFilters(pen);
}

function writeDates(pen: CataloguePen): void {
  const old = Date.UTC(2016, 2, 4, 5, 6, 7);
  pen.row(
    'a row of the time when dates were seconds',
    {
      at: old,
      body: 'old',
      columns: { date: appleSeconds(old), date_read: appleSeconds(old) + 60, is_read: 1 },
    },
    { sentAt: old, delivery: { isRead: true, readAt: old + 60_000 } },
  );
  pen.row(
    'a date of reading near the largest number',
    { body: 'odd', columns: { is_read: 1, date_read: 9_223_372_036_854_775_000n } },
    { text: 'odd', delivery: { isRead: true, readAt: null } },
  );
  pen.row(
    'dates that are NULL',
    { body: 'none', columns: { date_read: null, date_delivered: null } },
    {
      delivery: { readAt: null, deliveredAt: null },
      editedAt: null,
    },
  );
}

/** Messages that are to leave later (macOS 15 on). Their date is when they are due. */
function writeSchedule(pen: CataloguePen): void {
  pen.row('a text that was never scheduled', { from: null, body: 'now' }, { schedule: null });
  if (!pen.since(15)) {
    return;
  }
  for (const state of [1, 2, 3]) {
    const due = Date.UTC(2031, 0, state, 9);
    pen.row(
      `a scheduled text in state ${state}`,
      {
        from: null,
        at: state === 3 ? pen.next : due,
        body: 'later',
        columns: { schedule_type: 2, schedule_state: state, is_sent: state === 3 ? 1 : 0 },
      },
      { text: 'later', schedule: { dueAt: state === 3 ? pen.next : due, state } },
    );
  }
}

function writeLines(pen: CataloguePen): void {
  pen.row(
    'a text to another own address',
    { body: 'to your mail', columns: { destination_caller_id: MAIL } },
    { line: MAIL },
  );
  pen.row(
    'a text that names the own address as a link',
    { service: 'RCS', body: 'rich', columns: { destination_caller_id: `tel:${LINE}` } },
    { line: LINE, service: 'RCS' },
  );
  pen.row(
    'a text that does not name the own address',
    { body: 'to whom?', columns: { destination_caller_id: null } },
    {
      line: LINE,
    },
  );
  const self = pen.places.ensureChat({ style: 'direct', handle: LINE });
  pen.row(
    'a note to oneself',
    { chat: self, from: null, body: 'buy milk' },
    { text: 'buy milk', isFromMe: true },
  );
  for (const service of ['iMessage', 'SMS', 'RCS']) {
    const chat = pen.places.ensureChat({ style: 'direct', handle: LEE, service });
    pen.row(
      `the same address over ${service}`,
      { chat, from: LEE, service, body: `by ${service}` },
      {
        chat: { key: `direct:${LEE}`, style: 'direct', identifier: LEE },
        sender: LEE,
        service,
      },
    );
  }
  const shop = 'urn:biz:7f4b1c52-0c7b-4d5a-9b1e-000000000001';
  const business = pen.places.ensureChat({ style: 'direct', handle: shop });
  pen.row(
    'a text of a business',
    { chat: business, from: shop, body: 'How can we help?' },
    {
      text: 'How can we help?',
      chat: { key: `direct:${shop}`, style: 'direct', identifier: shop },
    },
  );
  pen.row(
    'a sender in capitals',
    { from: 'Kim.Lee@Example.COM', chat: pen.crew, body: 'mail' },
    { sender: 'kim.lee@example.com' },
  );
}

function writeFilters(pen: CataloguePen): void {
  const filters = [
    [0, 'known'],
    [1, 'unknown_sender'],
    [2, 'spam'],
    [36, 'category'],
  ] as const;
  for (const [filtered, chat] of filters) {
    const handle = `+155500017${String(filtered).padStart(2, '0')}`;
    const place = pen.places.ensureChat({ style: 'direct', handle, service: 'SMS' });
    pen.db
      .prepare<[number, number]>('UPDATE chat SET is_filtered = ? WHERE ROWID = ?')
      .run(filtered, place.rowId);
    pen.row(
      `a chat with filter ${filtered}`,
      { chat: place, from: handle, service: 'SMS', body: 'filtered' },
      {
        text: 'filtered',
        filtering: { isSpam: false, chat, action: 'none' },
      },
    );
  }
  if (pen.since(10.15)) {
    pen.row(
      'a row marked as spam',
      { body: 'win a prize', columns: { is_spam: 1 } },
      { filtering: { isSpam: true } },
    );
  }
  const code = '262966(smsfp)';
  const short = pen.places.ensureChat({ style: 'direct', handle: code, service: 'SMS' });
  pen.row(
    'a text of a short code with a mark',
    { chat: short, from: code, service: 'SMS', body: 'Code 481516' },
    {
      text: 'Code 481516',
      chat: { style: 'direct', identifier: code },
      // The filter's mark is stripped from what people see, and kept where the chat is looked up.
      sender: '262966',
    },
  );
  if (pen.since(27)) {
    const actions = ['none', 'allow', 'junk', 'promotion', 'transaction', 9];
    for (const [index, action] of actions.entries()) {
      const number = action === 9 ? 9 : index;
      pen.row(
        `the filter action ${String(action)}`,
        { from: KIM, body: 'sorted', columns: { filter_action: number } },
        {
          filtering: { action },
        },
      );
    }
  }
}
