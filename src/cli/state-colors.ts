import type { Colors } from './session.ts';

/** The colour of a message's or a command's state: proved is green, on its way is plain, lost is red. */
export function paintState(state: string, colors: Colors): string {
  switch (state) {
    case 'sent':
    case 'delivered':
    case 'read':
    case 'healthy':
      return colors.green(state);
    case 'failed':
    case 'expired':
    case 'canceled':
    case 'refused':
    case 'unhealthy':
      return colors.red(state);
    case 'unknown':
      return colors.yellow(state);
    default:
      return colors.dim(state);
  }
}
