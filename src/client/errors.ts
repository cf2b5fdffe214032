import type { WireError } from '../contract/index.ts';

/** The bridge answered, and its answer was no. `code` is stable: what a program switches on. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly detail: WireError['error'];
  readonly requestId: string | null;
  /** This try, or one before it whose answer was lost, may have been taken on all the same. */
  readonly mayHaveArrived: boolean;

  constructor(
    status: number,
    detail: WireError['error'],
    requestId: string | null,
    mayHaveArrived = status >= 500 || status === 408,
  ) {
    super(detail.message);
    this.mayHaveArrived = mayHaveArrived;
    this.status = status;
    this.code = detail.code;
    this.detail = detail;
    this.requestId = requestId;
  }
}

/** No answer came, or none that could be understood. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: string;
  /** The request may have reached the bridge all the same. */
  readonly mayHaveArrived: boolean;

  constructor(code: string, message: string, mayHaveArrived: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** The stable part of any thrown value. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error;
  }
  const { cause } = error;
  if (cause instanceof Error) {
    return codeOf(cause);
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
