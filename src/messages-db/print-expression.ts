import type { Columns } from './columns.ts';

/**
 * A print is one integer below 2^53 that differs when a row has changed in a way that is told. Its low bits are flags,
 * so that a change can be named even of a row of which nothing else is kept; above them lie 22 bits over what moves
 * with a row's way through the network, then 23 bits over what the row holds.
 */
export const PRINT_FLAGS = {
  /** Always set: 0 stands for a row that is not there. */
  present: 1,
  sent: 2,
  delivered: 4,
  read: 8,
  failed: 16,
  /** Edited or unsent, in whole or in part. */
  changed: 32,
  /** A tapback, a group event and their like: nothing is told when its row goes. */
  passing: 64,
} as const;

const STATUS_SHIFT = 7;
const STATUS_MASK = 2 ** 22 - 1;
const CONTENT_SHIFT = 29;
const CONTENT_MASK = 2 ** 23 - 1;
/** 2^29: JavaScript's shifts end at 32 bits. */
const CONTENT_UNIT = 2 ** CONTENT_SHIFT;

/** What a row holds, as the part of its print that does not move with receipts. */
export function contentOf(print: number): number {
  return Math.floor(print / CONTENT_UNIT);
}

/** The status part and the flags. */
export function flagsOf(print: number): number {
  return print % 2 ** STATUS_SHIFT;
}

/** Prime below 2^31: a date in nanoseconds is taken modulo it, as SQLite's integers end at 63 bits. */
const PRIME = 2_147_483_629;

const STATUS_NUMBERS = [
  'error',
  'was_downgraded',
  'is_empty',
  'part_count',
  'is_finished',
  'handle_id',
  'other_handle',
] as const;
const STATUS_DATES = ['date_edited', 'date_retracted'] as const;
/** A trigger of Messages rewrites `cache_roomnames` when a join comes or goes: by itself it is nothing to tell. */
const STATUS_LENGTHS = ['service', 'destination_caller_id', 'cache_roomnames'] as const;

const CONTENT_NUMBERS = [
  'item_type',
  'group_action_type',
  'associated_message_type',
  'cache_has_attachments',
  'is_audio_message',
  'is_expirable',
  'expire_state',
  'schedule_type',
  'schedule_state',
  'is_spam',
  'filter_action',
] as const;
const CONTENT_DATES = ['date_played'] as const;
/** The length is enough: whatever rewrites these moves a date or their size as well. It is read without the value. */
const CONTENT_LENGTHS = [
  'text',
  'attributedBody',
  'subject',
  'message_summary_info',
  'payload_data',
  'balloon_bundle_id',
  'group_title',
  'associated_message_guid',
] as const;

/** Odd numbers without a pattern, so that two changes in different columns do not cancel each other. */
const FACTORS = [
  1_540_483_477, 668_265_263, 374_761_393, 2_246_822_519, 3_266_489_917, 1_597_334_677, 2_654_435_761,
  2_869_860_233, 1_181_783_497, 2_135_587_861, 1_664_525_321, 1_013_904_223, 2_891_336_453, 747_796_405,
  1_103_515_245, 3_039_394_381, 2_718_281_829, 3_141_592_653, 1_618_033_989, 1_414_213_563, 1_732_050_807,
  2_236_067_977,
] as const;

/** The print of a row of `message m`, as SQL. */
export function messagePrint(columns: Columns): string {
  const column = (name: string) => columns.expression('message', 'm', name);
  const status = [
    ...STATUS_NUMBERS.map((name) => numberTerm(column(name))),
    ...STATUS_DATES.map((name) => dateTerm(column(name))),
    ...STATUS_LENGTHS.map((name) => lengthTerm(column(name))),
  ];
  const content = [
    ...CONTENT_NUMBERS.map((name) => numberTerm(column(name))),
    ...CONTENT_DATES.map((name) => dateTerm(column(name))),
    ...CONTENT_LENGTHS.map((name) => lengthTerm(column(name))),
  ];
  const flag = (condition: string, bit: number) => `(CASE WHEN ${condition} THEN ${bit} ELSE 0 END)`;
  const positive = (name: string) => `COALESCE(${column(name)}, 0) > 0`;
  const set = (name: string) => `COALESCE(${column(name)}, 0) <> 0`;
  const flags = [
    String(PRINT_FLAGS.present),
    flag(set('is_sent'), PRINT_FLAGS.sent),
    flag(`${set('is_delivered')} OR ${positive('date_delivered')}`, PRINT_FLAGS.delivered),
    flag(`${set('is_read')} OR ${positive('date_read')}`, PRINT_FLAGS.read),
    flag(set('error'), PRINT_FLAGS.failed),
    flag(`${set('date_edited')} OR ${set('date_retracted')}`, PRINT_FLAGS.changed),
    flag(
      `${set('item_type')} OR COALESCE(${column('associated_message_type')}, 0) BETWEEN 2000 AND 3999`,
      PRINT_FLAGS.passing,
    ),
  ];
  return packed(status, content, flags);
}

/** The print of a row of `attachment a`, as SQL; `sent` is set where the file is on the disk. */
export function attachmentPrint(columns: Columns): string {
  const column = (name: string) => columns.expression('attachment', 'a', name);
  const state = `COALESCE(${column('transfer_state')}, 0)`;
  return packed(
    [numberTerm(state)],
    ['filename', 'mime_type', 'transfer_name', 'user_info', 'attribution_info'].map((name) =>
      lengthTerm(column(name)),
    ),
    [String(PRINT_FLAGS.present), `(CASE WHEN ${state} = 5 THEN ${PRINT_FLAGS.sent} ELSE 0 END)`],
  );
}

function packed(status: readonly string[], content: readonly string[], flags: readonly string[]): string {
  const mixed = (terms: readonly string[], mask: number) =>
    `((${terms.map((term, index) => `((${term}) * ${factor(index)} & ${mask})`).join(' + ')}) & ${mask})`;
  return (
    `((${mixed(content, CONTENT_MASK)} << ${CONTENT_SHIFT}) | ` +
    `(${mixed(status, STATUS_MASK)} << ${STATUS_SHIFT}) | (${flags.join(' | ')}))`
  );
}

function factor(index: number): number {
  return FACTORS[index % FACTORS.length] ?? 1;
}

/** Apple's numbers here are small; a hostile one must not make the product a floating one. */
function numberTerm(column: string): string {
  return `COALESCE(${column}, 0) & 1048575`;
}

function dateTerm(column: string): string {
  return `COALESCE(${column}, 0) % ${PRIME}`;
}

/** NULL and the empty value differ. */
function lengthTerm(column: string): string {
  return `COALESCE(octet_length(${column}) + 1, 0)`;
}
