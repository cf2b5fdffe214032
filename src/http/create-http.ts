import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { createSortableIds, errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';
import { logAccess } from './access-log.ts';
import { authenticate } from './authenticate.ts';
import { checkBind, listenError, urlOf } from './bind.ts';
import { createCommands, type Commands } from './commands.ts';
import { createDoorServer } from './create-server.ts';
import { describeApi } from './describe-api.ts';
import { errorBody, errorHeaders, HttpError } from './errors.ts';
import { noteFurtherRequests } from './follow-answer.ts';
import { createHostGuard } from './host-guard.ts';
import type { GuardPort } from './guard-port.ts';
import type { HttpApp } from './http-app.ts';
import { acceptJsonOnly } from './json-body.ts';
import type { MetricsPort } from './metrics-port.ts';
import type { OperationsPort } from './operations-port.ts';
import type {
  ActionsPort,
  ContactCardsPort,
  HealthPort,
  KeysPort,
  LinksPort,
  MessagesPort,
  OutboxPort,
  SandboxPort,
  UploadsPort,
} from './ports.ts';
import type { JournalPort, StreamPort } from './stream-port.ts';
import { createOpenStreams } from './open-streams.ts';
import { refuseRaw } from './raw-response.ts';
import { limitRequests } from './request-limits.ts';
import { requireDeclarations } from './require-declarations.ts';
import { actionsRoutes } from './routes/actions.ts';
import { audioMessagesRoutes } from './routes/audio-messages.ts';
import { bridgeRoutes } from './routes/bridge.ts';
import { chatsRoutes } from './routes/chats.ts';
import { contactCardsRoute } from './routes/contact-cards.ts';
import { eventsRoutes } from './routes/events.ts';
import { filesRoutes } from './routes/files.ts';
import { healthRoutes } from './routes/health.ts';
import { lineLinkRoutes } from './routes/line-link.ts';
import { lineUsageRoutes } from './routes/line-usage.ts';
import { limitsRoutes } from './routes/limits.ts';
import { linesRoutes } from './routes/lines.ts';
import { messagesRoutes } from './routes/messages.ts';
import { metricsRoute } from './routes/metrics.ts';
import { openapiRoute } from './routes/openapi.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { reactionsRoute } from './routes/reactions.ts';
import { receiptsRoute } from './routes/receipts.ts';
import { referenceRoutes } from './routes/reference.ts';
import { sandboxRoutes } from './routes/sandbox.ts';
import { sendMessageRoute } from './routes/send-message.ts';
import { uploadFileRoute } from './routes/upload-file.ts';
import { webhookDeliveriesRoutes } from './routes/webhook-deliveries.ts';
import { webhooksRoutes } from './routes/webhooks.ts';
import { createStreamDoor } from './stream-door.ts';
import { limitRequestTime } from './time-limits.ts';
import { readCertificate, watchCertificate, type TlsFiles } from './tls-files.ts';
import { toHttpError } from './to-http-error.ts';
import type { WebhooksPort } from './webhooks-port.ts';

const BODY_LIMIT_BYTES = 1_048_576;
/** The longest path parameter is a chat guid: a service and an address. */
const MAX_PARAM_LENGTH = 512;
/** How long requests that are being served may take at the stop. */
const CLOSE_GRACE_MS = 2_000;

export interface HttpConfig {
  /** Address to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Files of a certificate and its key; `null` serves without TLS. */
  readonly tls: TlsFiles | null;
  /** Allows an address outside loopback without TLS. */
  readonly allowPlain: boolean;
  /** Names, beside the local ones, that a bridge on loopback answers to. */
  readonly hostNames: readonly string[];
  /** Requests that one key may make in an hour; `null` leaves it to the guard's preset, 0 is no limit. */
  readonly requestsPerHour: number | null;
}

export interface HttpDeps {
  readonly config: HttpConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keys: KeysPort;
  readonly outbox: OutboxPort;
  readonly guard: GuardPort;
  readonly actions: ActionsPort;
  readonly journal: JournalPort;
  readonly stream: StreamPort;
  readonly health: HealthPort;
  readonly messages: MessagesPort;
  readonly uploads: UploadsPort;
  readonly contactCards: ContactCardsPort;
  readonly sandbox: SandboxPort;
  readonly links: LinksPort;
  readonly webhooks: WebhooksPort;
  readonly operations: OperationsPort;
  readonly metrics: MetricsPort;
}

export interface Http {
  readonly app: HttpApp;
  /** What command frames ask for, wherever they come from. */
  readonly commands: Commands;
  /**
   * Starts to listen.
   * @throws BluelineError `http_bind_refused`, `http_port_in_use`, `http_bind_failed`.
   */
  listen(): Promise<{ readonly url: string }>;
  /** Ends streams and connections, and returns when all are gone. Twice is harmless. */
  close(): Promise<void>;
}

/**
 * Builds the server; nothing listens before `listen`.
 * @throws BluelineError `http_tls_unusable`, `http_tls_key_exposed`.
 */
export function createHttp(deps: HttpDeps): Http {
  const { config, clock, log, keys } = deps;
  const guard = createHostGuard(config);
  const nextId = createSortableIds();
  const newRequestId = () => `req_${nextId(clock.now())}`;
  const streams = createOpenStreams({ keys, clock, log });
  const commands = createCommands({ ...deps, newRequestId });
  const door = createStreamDoor({
    keys,
    stream: deps.stream,
    streams,
    commands,
    guard,
    clock,
    log,
    newRequestId,
  });
  const certificate = config.tls === null ? null : readCertificate(config.tls);
  const renewals = new Set<Timer>();
  let closing: Promise<void> | null = null;

  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const refusal = toHttpError(error, request);
    if (refusal.definition.status >= 500) {
      logFailure(log, error, request);
    }
    return reply
      .code(refusal.definition.status)
      .headers({ ...errorHeaders(refusal), 'x-request-id': request.id })
      .type('application/json')
      .send(errorBody(refusal, request.id));
  };

  const app = Fastify({
    logger: false,
    genReqId: newRequestId,
    bodyLimit: BODY_LIMIT_BYTES,
    serverFactory: (listener) => {
      const { server, renew } = createDoorServer(listener, certificate);
      if (config.tls !== null) {
        renewals.add(watchCertificate(config.tls, renew, { clock, log }));
      }
      return server;
    },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    return503OnClosing: false,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void refuse(error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      refuseRaw(socket, clientError(error.code), newRequestId());
    },
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  acceptJsonOnly(app);
  app.decorateRequest('grant', null);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    if (closing !== null) {
      throw new HttpError('bridge_stopping');
    }
    if (!guard.allows(request.raw)) {
      throw new HttpError('host_not_allowed');
    }
    done();
  });
  noteFurtherRequests(app);
  limitRequestTime(app, clock);
  app.addHook('onRequest', authenticate(keys, guard, clock));
  limitRequests(app, { clock, guard, perHour: requestLimits(config, deps.guard) });
  logAccess(app, log);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => refuse(new HttpError('not_found'), request, reply));
  requireDeclarations(app);
  describeApi(app);
  // In a plugin, so that the routes are made after the one above has begun to collect them.
  void app.register((plugin, _options, done) => {
    const routes = plugin.withTypeProvider<ZodTypeProvider>();
    sendMessageRoute(routes, deps);
    audioMessagesRoutes(routes, deps);
    contactCardsRoute(routes, deps);
    actionsRoutes(routes, deps);
    messagesRoutes(routes, deps);
    reactionsRoute(routes, deps);
    receiptsRoute(routes, deps);
    filesRoutes(routes, { ...deps, links: keys.fileLinks });
    void routes.register(uploadFileRoute(deps.uploads));
    chatsRoutes(routes, deps);
    linesRoutes(routes, deps);
    lineLinkRoutes(routes, deps);
    sandboxRoutes(routes, deps);
    lineUsageRoutes(routes, deps);
    limitsRoutes(routes, deps);
    outboxRoutes(routes, deps);
    eventsRoutes(routes, { ...deps, streams });
    webhooksRoutes(routes, deps);
    webhookDeliveriesRoutes(routes, deps);
    healthRoutes(routes, deps);
    bridgeRoutes(routes, deps);
    metricsRoute(routes, deps);
    openapiRoute(routes);
    referenceRoutes(routes);
    done();
  });
  app.server.on('upgrade', (request, socket, head) => door.handleUpgrade(request, socket, head));

  return {
    app,
    commands,
    listen: async () => {
      checkBind(config);
      await app.ready();
      try {
        await app.listen({ host: config.host, port: config.port });
      } catch (error) {
        throw listenError(error, config);
      }
      door.start();
      return { url: urlOf(config, portOf(app.server.address(), config.port)) };
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };

  async function closeAll(): Promise<void> {
    const cut = clock.after(CLOSE_GRACE_MS, () => app.server.closeAllConnections());
    await Promise.all([door.stop(), app.close()]);
    cut.cancel();
    renewals.forEach((renewal) => renewal.cancel());
  }
}

function requestLimits(
  { requestsPerHour: own }: HttpConfig,
  { requestsPerHour: preset }: GuardPort,
): GuardPort['requestsPerHour'] {
  const one = own === 0 ? null : own;
  return own === null ? preset : { onLoopback: one, elsewhere: one };
}

function portOf(address: AddressInfo | string | null, fallback: number): number {
  return typeof address === 'object' && address !== null ? address.port : fallback;
}

/** What a connection did that never became a request. */
function clientError(code: string | undefined): HttpError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpError('request_timeout');
  }
  return new HttpError(code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_request');
}

/** The message of an error may quote what a user sent; where it happened does not. */
function logFailure(log: Logger, error: unknown, request: FastifyRequest): void {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  log.error(
    {
      requestId: request.id,
      route: request.routeOptions.url ?? 'none',
      code: errorCode(error),
      at: stack
        .split('\n')
        .filter((line) => line.startsWith('    at '))
        .slice(0, 5),
    },
    'A request failed',
  );
}
