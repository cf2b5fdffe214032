import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cleanUp } from './support/cleanup.ts';
import { KIM, startSending, until } from './support/sending.ts';

afterEach(cleanUp);

const NOOR = '+15550002222';

describe("the line's own card", () => {
  it(
    'reaches every contact once, after the first exchange, across restarts',
    { timeout: 120_000 },
    async () => {
      const bench = await startSending({
        BLUELINE_FILES_RESERVE_BYTES: '0',
        BLUELINE_LINES_CONTACT_CARD: 'auto',
        BLUELINE_LINES_CARD_NAME: 'Harbour Desk',
        BLUELINE_LINES_BACKUP_NUMBERS: '+15551230000,desk@example.com',
      });
      const says = (from: string, text: string) =>
        bench.mac.command({ command: 'text', args: { from, text } });
      const cards = () => bench.calls().filter(({ argv }) => argv.some((arg) => arg.endsWith('.vcf')));

      await bench.reaches(await bench.send({ to: NOOR, text: 'we write first' }), { state: 'read' });
      await says(KIM, 'hello?');
      await until(async () => expect((await events(bench)).includes('message.received')).toBe(true));
      expect(cards()).toEqual([]);
      await bench.reaches(await bench.send({ text: 'hello!' }), { state: 'read' });
      await until(() => expect(cards()).toHaveLength(1));
      const path = cards()[0]?.argv.at(-1) ?? '';
      expect(existsSync(path)).toBe(true);
      const vcard = readFileSync(path, 'utf8');
      expect(vcard).toContain('FN:Harbour Desk\r\n');
      expect([...vcard.matchAll(/^(?:TEL|EMAIL)[^:]*:(.*)\r$/gmu)].map(([, value]) => value)).toEqual([
        '+15550009999',
        '+15551230000',
        'desk@example.com',
      ]);
      await until(async () =>
        expect((await items(bench)).filter(({ state }) => state === 'read')).toHaveLength(3),
      );

      await bench.bridge().kill();
      await bench.restart();
      await says(KIM, 'thanks');
      await bench.reaches(await bench.send({ text: 'welcome' }), { state: 'read' });
      expect(cards()).toHaveLength(1);
      expect(await items(bench)).toHaveLength(4);
    },
  );
});

type Bench = Awaited<ReturnType<typeof startSending>>;

async function events(bench: Bench): Promise<string[]> {
  const { body } = await bench.bridge().request('GET', '/v1/events?after=0&limit=200');
  return z
    .object({ data: z.array(z.object({ type: z.string() })) })
    .parse(body)
    .data.map(({ type }) => type);
}

async function items(bench: Bench): Promise<{ state: string }[]> {
  const { body } = await bench.bridge().request('GET', '/v1/outbox?limit=50');
  return z.object({ data: z.array(z.object({ state: z.string() })) }).parse(body).data;
}
