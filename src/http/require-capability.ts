import type { CapabilityName } from '../domain/index.ts';
import { HttpError } from './errors.ts';
import type { ActionsPort } from './ports.ts';

/** @throws HttpError `capability_unavailable` where the line lacks it; while that is not known it passes */
export function requireCapability(actions: ActionsPort, capability: CapabilityName, param: string): void {
  if (actions.capabilities()[capability] === 'none') {
    throw unavailable(capability, param);
  }
}

export function unavailable(capability: CapabilityName, param?: string): HttpError {
  return new HttpError('capability_unavailable', {
    ...(param === undefined ? {} : { param }),
    message: `This line lacks the capability \`${capability}\`. Nothing was accepted.`,
  });
}
