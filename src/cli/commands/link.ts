import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { lineLinkSchema, lineSchema, list } from '../../contract/index.ts';
import { connectApi, type ApiClient } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';

interface Options {
  readonly line?: string;
  readonly svg?: string;
  readonly png?: string;
}

export function addLink(program: Command, act: Act): void {
  program
    .command('link')
    .description('a link and a QR code that open a text to the line, for whoever is to write first')
    .argument('[text...]', 'the words that the text begins with')
    .option('--line <line>', 'the line, by id or address (default: the one that sends)')
    .option('--svg <file>', 'write the code to a file as SVG')
    .option('--png <file>', 'write the code to a file as PNG')
    .addHelpText(
      'after',
      `
On a terminal it prints the link and the code itself, for a screen that is darker than its letters.

  blueline link --png poster.png Hi, I saw your poster`,
    )
    .action(act(link));
}

async function link(session: Session, words: readonly string[], options: Options): Promise<ExitCode> {
  const api = connectApi(session);
  const line = options.line ?? (await sendingLine(api));
  const { raw, data } = await api.post({
    path: `/v1/lines/${encodeURIComponent(line)}/link`,
    answer: lineLinkSchema,
    body: { body: words.join(' ') },
    headers: {},
  });
  if (options.svg !== undefined) {
    await keep(options.svg, data.qr.svg);
  }
  if (options.png !== undefined) {
    await keep(options.png, Buffer.from(data.qr.png, 'base64'));
  }
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  const { bold, dim } = session.colors;
  session.print(bold(data.link));
  if (data.android !== null && data.android !== data.link) {
    session.print(`${dim('Android:')} ${data.android}`);
  }
  session.print(`\n${data.qr.terminal}`);
  return EXIT.ok;
}

/** The address of the line that sends. @throws CliError `line_unknown` */
async function sendingLine(api: ApiClient): Promise<string> {
  const { data } = await api.get({ path: '/v1/lines', answer: list(lineSchema) });
  const line = data.data.find((candidate) => candidate.is_active);
  if (line === undefined) {
    throw new CliError(
      EXIT.environment,
      'line_unknown',
      'The daemon does not know yet which line sends.',
      'It learns it from the first message sent. Until then name it as lines.sendable in config.yaml.',
    );
  }
  return line.handle;
}

async function keep(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new CliError(
      EXIT.failure,
      'file_not_written',
      `The file ${path} could not be written: ${error instanceof Error ? error.message : 'unknown reason'}.`,
    );
  }
}
