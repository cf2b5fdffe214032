/** Not reachable on this service: the address has no iMessage, or refuses it. */
export const NOT_REACHABLE = 22;

/** Apple's FZErrorType in words, for the codes that a line meets. */
export function describeAppleError(code: number): string {
  switch (code) {
    case 3:
      return 'Messages timed out while sending (error 3).';
    case 4:
      return 'Messages could not send it (error 4).';
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
      return `Messages had no working network (error ${code}). Check the connection of this Mac.`;
    case NOT_REACHABLE:
      return 'The address is not reachable on this service (error 22).';
    case 25:
      return 'Messages could not read or convert the attachment (error 25).';
    case 30:
    case 31:
    case 32:
    case 33:
    case 40:
      return `The account that Messages is signed in to cannot send (error ${code}). Sign in again in Messages › Settings › iMessage.`;
    default:
      return `Messages reported error ${code}.`;
  }
}
