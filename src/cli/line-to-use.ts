import { lineSchema, list } from '../contract/index.ts';
import type { ApiClient } from './api-client.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './failure.ts';

/** Which line a subcommand is about. */
export interface LineOption {
  readonly line?: string;
}

/**
 * The path part of a line that was named, or of the one that sends.
 * @throws CliError `line_unknown`
 */
export async function lineToUse(api: ApiClient, named: string | undefined): Promise<string> {
  if (named !== undefined) {
    return encodeURIComponent(named);
  }
  const { data } = await api.get({ path: '/v1/lines', answer: list(lineSchema) });
  const line = data.data.find((one) => one.is_active);
  if (line === undefined) {
    throw new CliError(
      EXIT.notFound,
      'line_unknown',
      'No line is known yet that can be sent from.',
      'Send or receive one message on this Mac, or set lines.sendable in the configuration.',
    );
  }
  return line.id;
}
