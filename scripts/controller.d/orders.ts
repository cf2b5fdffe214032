import type { CommandOutcome, ControllerServer } from '../../src/client/index.ts';
import { healthLine } from './print.ts';

export const HELP = `send HANDLE TEXT      to a contact, from the line that it belongs to
pause BRIDGE [WHY]    let nothing go out; resume BRIDGE lets it go on
lower BRIDGE RULE N   make a limit stricter, such as: lower demo reach_out_limit 20
bridges               how each is
help, quit`;

/** What one line of input asks for. @returns what to print, or `quit` */
export async function carryOut(line: string, server: ControllerServer): Promise<string> {
  const [order = '', first = '', ...rest] = line.split(/\s+/u);
  switch (order) {
    case '':
      return '';
    case 'send':
      return send(first, rest.join(' '), server);
    case 'pause':
    case 'resume':
      return told(
        await withPatience((signal) =>
          server.command(first, `line.${order}`, rest.length === 0 ? {} : { reason: rest.join(' ') }, {
            signal,
          }),
        ),
      );
    case 'lower': {
      const [rule = '', limit = ''] = rest;
      const rules = { [rule]: { limit: Number(limit) } };
      return told(
        await withPatience((signal) => server.command(first, 'limits.lower', { rules }, { signal })),
      );
    }
    case 'bridges':
      return (
        server
          .bridges()
          .map((bridge) => healthLine(bridge) ?? `${bridge.bridgeId}  has not reported yet`)
          .join('\n') || 'No bridge has registered yet.'
      );
    case 'quit':
      return 'quit';
    default:
      return HELP;
  }
}

async function send(contact: string, text: string, server: ControllerServer): Promise<string> {
  const pick = server.pickLine(contact);
  if (pick === null) {
    return 'No line can take this contact now.';
  }
  const { bridgeId } = pick.line;
  const outcome = await withPatience((signal) =>
    server.send(
      bridgeId,
      { to: contact, text },
      {
        signal,
        onCertainFailure: ({ kind }) =>
          console.log(`${bridgeId}  certainly not sent (${kind}): the moment for another provider`),
      },
    ),
  );
  return `${told(outcome)}, from ${pick.line.handle} (${pick.reason})`;
}

/** Nobody at a terminal waits for a bridge that is not there for longer than this. */
const PATIENCE_MS = 10_000;

function withPatience(work: (signal: AbortSignal) => Promise<CommandOutcome>): Promise<CommandOutcome> {
  return work(AbortSignal.timeout(PATIENCE_MS));
}

function told(outcome: CommandOutcome): string {
  if (outcome.result === 'rejected') {
    return `rejected: ${outcome.error?.code ?? ''}: ${outcome.error?.message ?? ''}`;
  }
  const item = 'outbox' in outcome ? outcome.outbox : undefined;
  return item === undefined ? outcome.result : `${outcome.result} as ${item.id} (${item.state})`;
}
