import type { SimulatorProcess } from '../../src/simulator/index.ts';
import type { Controller, Event } from './controller.ts';

export const PEOPLE: Readonly<Record<string, string>> = {
  '+12125550101': 'Kim',
  '+12125550102': 'Noor',
  '+12125550103': 'Sam',
  '+12125550104': 'Android',
};
const [KIM, NOOR, SAM, ANDROID] = ['+12125550101', '+12125550102', '+12125550103', '+12125550104'] as const;

/** A conversation: inbound texts, an answer that is read, a group, a tapback, an edit, a failure with error 22. */
export async function play(mac: SimulatorProcess, controller: Controller): Promise<void> {
  await mac.command({ command: 'person', args: { handle: ANDROID, behaviour: { reachable: false } } });
  await mac.command({
    command: 'person',
    args: { handle: KIM, behaviour: { reactsAfterMs: 300, reaction: 'love' } },
  });

  await mac.command({
    command: 'text',
    args: { from: KIM, text: 'Hi! Is the table by the window free at 8?' },
  });
  await received(controller, 'Hi! Is');
  await mac.command({ command: 'text', args: { from: KIM, text: 'We are 4 people 🙂', joinAfterMs: 150 } });
  await received(controller, 'We are');

  const answer = await controller.send(KIM, 'It is yours — see you at 8!');
  await reached(controller, answer, 'read');
  await controller.until('a tapback', (event) => event.type === 'reaction.added');

  await mac.command({
    command: 'group',
    args: { action: 'create', group: 'chat7000001', name: 'Friday crew', participants: [KIM, NOOR, SAM] },
  });
  await mac.command({
    command: 'group-text',
    args: { group: 'chat7000001', from: NOOR, text: 'Who brings the cake?' },
  });
  const question = await received(controller, 'Who brings');
  const toGroup = await controller.send(String(question.data['chat_id']), 'We have one with candles.');
  await reached(controller, toGroup, 'sent');

  await mac.command({ command: 'text', args: { from: SAM, text: 'Runing late, 10 minutes' } });
  await received(controller, 'Runing');
  await mac.command({ command: 'edit', args: { contact: SAM, text: 'Running late, 10 minutes' } });
  await controller.until('an edit', (event) => event.type === 'message.edited');

  const lost = await controller.send(ANDROID, 'Your table is ready');
  await reached(controller, lost, 'failed');

  await mac.command({ command: 'phone', args: { to: SAM, text: 'No rush! (typed on the phone)' } });
  await controller.until(
    "the owner's own text",
    (event) => event.type === 'message.delivered' && String(event.data['text']).startsWith('No rush!'),
  );
  await mac.command({ command: 'wait-idle', args: {} });
}

function received(controller: Controller, start: string): Promise<Event> {
  return controller.until(
    `“${start}…”`,
    (event) => event.type === 'message.received' && String(event.data['text']).startsWith(start),
  );
}

function reached(controller: Controller, id: string, state: string): Promise<Event> {
  return controller.until(
    `${id} to be ${state}`,
    (event) => event.type === 'command.updated' && event.data['id'] === id && event.data['state'] === state,
  );
}
