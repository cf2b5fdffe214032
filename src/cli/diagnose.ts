import { diagnosisSchema, type WireDiagnosis } from '../contract/index.ts';
import { connectApi } from './api-client.ts';
import { CliError } from './failure.ts';
import { lookFromHere } from './look-from-here.ts';
import type { Session } from './session.ts';

/** Its tools have deadlines of their own, the longest of them the time server's. */
const LOOK_TIMEOUT_MS = 30_000;

/** As the daemon sees it; where none answers, as this command does, with that as its first finding. */
export async function diagnose(session: Session): Promise<WireDiagnosis> {
  try {
    const { checks, ...rest } = await askDaemon(session);
    return { ...rest, checks: [daemonCheck('ok', 'It answers, and has looked itself.', null), ...checks] };
  } catch (error) {
    if (!(error instanceof CliError)) {
      throw error;
    }
    const unasked = daemonCheck('fail', error.message, error.advice);
    const { checks, ...rest } = await lookFromHere(session);
    return { ...rest, checks: [unasked, ...checks] };
  }
}

/** The findings of the running daemon. @throws CliError where none answers, or it lets nobody ask. */
export async function askDaemon(session: Session): Promise<WireDiagnosis> {
  const { data } = await connectApi(session, 'optional').get({
    path: '/v1/bridge/doctor',
    answer: diagnosisSchema,
    timeoutMs: LOOK_TIMEOUT_MS,
  });
  return data;
}

function daemonCheck(
  status: WireDiagnosis['checks'][number]['status'],
  evidence: string,
  cure: string | null,
): WireDiagnosis['checks'][number] {
  return { id: 'daemon', title: 'Daemon', status, evidence, cure, pane: null };
}
