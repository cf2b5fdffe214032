import pc from 'picocolors';
import type { BluelineEvent, BridgeNotice, BridgeView } from '../../src/client/index.ts';

/** One event as one line: when, where, what, and the words where there are any. */
export function eventLine(bridgeId: string, event: BluelineEvent): string {
  const time = event.timestamp.slice(11, 19);
  return `${pc.dim(time)} ${bridgeId} ${pc.dim(`#${event.sequence}`)} ${pc.cyan(event.type)}  ${detailOf(event)}`;
}

/** How a bridge is, by its last report; `null` before the first. */
export function healthLine(bridge: BridgeView | null): string | null {
  if (bridge?.health === null || bridge === null) {
    return null;
  }
  const { bridgeId, health, usage, isOnline } = bridge;
  const status = isOnline ? health.status : 'offline';
  const color = status === 'healthy' ? pc.green : pc.red;
  const used = usage === null ? '' : `, ${Math.round(usage.utilization * 100)} % used`;
  const warnings = health.warnings.map(({ code }) => code).join(', ');
  return `${bridgeId}  ${color(status)}, ${health.pendingCommands} pending${used}${warnings === '' ? '' : `: ${warnings}`}`;
}

export function noticeLine(notice: BridgeNotice): string {
  const words = {
    'bridge.online': pc.green('online'),
    'bridge.offline': pc.red('offline: it has missed three beats'),
    'bridge.refused': pc.yellow('a second daemon under this id was turned away'),
    'bridge.health': 'has reported',
    'bridge.caught_up': pc.dim('all that it had kept has come'),
  };
  return `${notice.bridgeId}  ${words[notice.type]}`;
}

const WORDS: ReadonlySet<BluelineEvent['type']> = new Set([
  'message.created',
  'message.sent',
  'message.delivered',
  'message.read',
  'message.failed',
] as const);

function detailOf(event: BluelineEvent): string {
  if (event.type === 'message.received') {
    return `${event.data.sender}: ${plain(event.data.text ?? '(no text)')}`;
  }
  if (event.type === 'command.updated') {
    return `${event.data.id} ${event.data.state}`;
  }
  if (event.type === 'bridge.health_changed') {
    return `${event.data.status} ${event.data.codes.join(', ')}`;
  }
  return WORDS.has(event.type) && 'text' in event.data ? plain(event.data.text ?? '') : '';
}

/** Other people's words must not move the cursor of a terminal. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
}
