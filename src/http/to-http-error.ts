import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { BluelineError } from '../runtime/index.ts';
import { HttpError } from './errors.ts';

/** What the router, the parsers and the rooms throw, as one of our codes. What nobody foresaw is `bridge_error`. */
export function toHttpError(
  error: unknown,
  request: { readonly body: unknown; readonly query: unknown },
): HttpError {
  if (error instanceof HttpError) {
    return error;
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return validationError(error, request);
  }
  if (error instanceof BluelineError) {
    return ofRoom(error);
  }
  return byCode(error);
}

function ofRoom({ code, message }: BluelineError): HttpError {
  switch (code) {
    case 'upload_not_found':
      return new HttpError('file_not_found', { param: 'attachments' });
    case 'webhook_url_not_allowed':
      return new HttpError(code, { param: 'url', message });
    case 'too_many_webhooks':
    case 'webhook_backlog_full':
    case 'event_expired':
    case 'disk_full':
    case 'staging_failed':
      return new HttpError(code);
    default:
  }
  return new HttpError(code.startsWith('messages_db_') ? 'messages_unavailable' : 'bridge_error');
}

function byCode(error: unknown): HttpError {
  if (!(error instanceof Error)) {
    return new HttpError('bridge_error');
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  // chat.db's own errors come wrapped, so an SQLite error that is bare is one of our store.
  if (code.startsWith('SQLITE_')) {
    return new HttpError('store_unavailable');
  }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HttpError('body_too_large');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new HttpError('unsupported_content_type');
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new HttpError('invalid_json');
    default:
      return new HttpError(status >= 400 && status < 500 ? 'malformed_request' : 'bridge_error');
  }
}

function validationError(
  error: {
    readonly validation: readonly {
      readonly keyword: string;
      readonly instancePath: string;
      readonly message?: string;
      readonly params: Readonly<Record<string, unknown>>;
    }[];
    readonly validationContext?: string | undefined;
  },
  request: { readonly body: unknown; readonly query: unknown },
): HttpError {
  return issueError(
    error.validation.map((issue) => ({ ...issue, path: issue.instancePath.split('/').slice(1) })),
    error.validationContext === 'querystring' ? request.query : request.body,
  );
}

/**
 * What a client sent, as its schema has it.
 * @throws HttpError `invalid_parameter_value`, `missing_required_parameter`
 */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) {
    return parsed.data;
  }
  throw issueError(
    parsed.error.issues.map((issue) => ({
      keyword: issue.code,
      message: issue.message,
      params: { ...issue },
      // The root's own path has one empty part, as in a pointer.
      path: issue.path.length === 0 ? [''] : issue.path.map(String),
    })),
    body,
  );
}

/** The first thing that a schema found wrong, and where. The sentence never quotes a value. */
function issueError(
  issues: readonly {
    readonly keyword: string;
    readonly message?: string;
    readonly params: Readonly<Record<string, unknown>>;
    readonly path: readonly string[];
  }[],
  source: unknown,
): HttpError {
  // What is missing comes first: whoever sent half a request wants to hear of the other half.
  const missing = issues.find((issue) => issue.path[0] !== '' && isAbsent(source, issue.path[0]));
  if (missing?.path[0] !== undefined) {
    const param = missing.path[0];
    return new HttpError('missing_required_parameter', { param, message: `\`${param}\` is missing.` });
  }
  const [first] = issues;
  if (first === undefined) {
    return new HttpError('invalid_parameter_value');
  }
  if (first.keyword === 'unrecognized_keys') {
    return unknownParameter(first.params);
  }
  const param = first.path.join('.');
  return param === ''
    ? new HttpError('invalid_parameter_value', { message: 'The body must be a JSON object.' })
    : new HttpError('invalid_parameter_value', { param, message: sentence(param, first.message) });
}

function isAbsent(source: unknown, name: string | undefined): boolean {
  if (name === undefined) {
    return false;
  }
  return (
    typeof source === 'object' && source !== null && !Array.isArray(source) && !Object.hasOwn(source, name)
  );
}

function unknownParameter(params: Readonly<Record<string, unknown>>): HttpError {
  const name: unknown = Array.isArray(params['keys']) ? params['keys'][0] : undefined;
  const message = 'This parameter is unknown here; nothing is ignored silently.';
  return typeof name === 'string' && name.length <= 64
    ? new HttpError('invalid_parameter_value', { param: name, message })
    : new HttpError('invalid_parameter_value', { message });
}

function sentence(param: string, message: string | undefined): string {
  return message === undefined ? `\`${param}\` is not valid.` : `\`${param}\`: ${message}`;
}
