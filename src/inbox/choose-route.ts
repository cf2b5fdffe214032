import {
  chatKey,
  type ChatKey,
  type Failure,
  type Handle,
  type Message,
  type Service,
  type ServiceChoice,
  type Target,
} from '../domain/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';

/** An account that Messages has told of. */
export interface KnownAccount {
  readonly id: string;
  readonly serviceType: string;
  readonly enabled: boolean;
}

/** How AppleScript addresses something. */
type Address =
  | { readonly form: 'chat'; readonly guid: string }
  /** `service` is a service type or the id of an account. */
  | { readonly form: 'participant'; readonly handle: Handle; readonly service: string };

export type ChosenRoute =
  | {
      readonly target: Address;
      readonly service: Service | null;
      readonly isKnown: boolean;
      readonly retry: Address | null;
    }
  | { readonly refused: Failure };

interface Evidence {
  readonly service: Service | null;
  /** A message went on it, in one direction or the other. */
  readonly isKnown: boolean;
}

/** Looked through for the last service that worked. */
const EVIDENCE_ROWS = 20;
/** How the guids of macOS 26 begin, whatever the service. */
const ANY = 'any;';

/**
 * How a target is reached now. An existing chat goes by the guid that chat.db holds, for it lands in the right thread;
 * a person without one, or on a service that the chat's guid does not lead to, as the participant of an account; a
 * group by its chat alone, since AppleScript can make none.
 * @param accounts what Messages has told; empty while it has not
 */
export function chooseRoute(
  db: Pick<MessagesDb, 'chatRoutes' | 'handleServices' | 'messages'>,
  target: Target,
  choice: ServiceChoice,
  accounts: readonly KnownAccount[],
): ChosenRoute {
  const key = target.to === 'chat' ? target.chat : chatKey('direct', target.handle);
  const routes = db.chatRoutes(key);
  const evidence = evidenceOf(db, key, routes[0]?.service ?? null);
  const wanted = choice === 'auto' ? evidence.service : SERVICES[choice];
  const isKnownOn = (service: Service | null) => evidence.isKnown && service === evidence.service;
  const isGroup = !key.startsWith('direct:');
  const person = isGroup ? null : personOf(key);

  const fitting =
    routes.find((route) => leadsTo(route.guid, wanted, evidence)) ??
    (choice === 'auto' ? routes[0] : undefined);
  if (fitting !== undefined) {
    const service = serviceOfGuid(fitting.guid) ?? wanted;
    return {
      target: { form: 'chat', guid: fitting.guid },
      service,
      isKnown: isKnownOn(service),
      retry: person === null ? null : participant(person, service ?? 'iMessage', fitting.accountId, accounts),
    };
  }
  if (person === null) {
    return {
      refused:
        routes.length === 0
          ? failure('chat_not_found', 'The chat is no longer in the database of Messages.')
          : failure('service_unavailable', 'This chat can be sent to only on the service that it is on.'),
    };
  }
  if (target.to === 'chat' && routes.length === 0) {
    return { refused: failure('chat_not_found', 'The chat is no longer in the database of Messages.') };
  }
  const service = wanted ?? serviceOfHandle(db, person);
  if (service !== 'iMessage' && person.includes('@')) {
    return { refused: failure('service_unavailable', 'A text message cannot go to an e-mail address.') };
  }
  return {
    target: participant(person, service, null, accounts),
    service,
    isKnown: isKnownOn(service),
    retry: null,
  };
}

const SERVICES = { imessage: 'iMessage', sms: 'SMS', rcs: 'RCS' } as const;

function toService(name: string | null | undefined): Service | null {
  return name === 'iMessage' || name === 'SMS' || name === 'RCS' ? name : null;
}

/**
 * The service of the newest row that came, or went without an error; else what the chat's row says. A row that was
 * downgraded says nothing for text messages, nor one that failed for its service.
 */
function evidenceOf(db: Pick<MessagesDb, 'messages'>, chat: ChatKey, ofChat: string | null): Evidence {
  const page = db.messages({ chat, line: null, before: null, limit: EVIDENCE_ROWS });
  const telling = page.items.find(({ message }) => tells(message));
  const service = toService(telling?.message.service);
  return service === null ? { service: toService(ofChat), isKnown: false } : { service, isKnown: true };
}

function tells({ isFromMe, service, delivery, replayOf }: Message): boolean {
  const { wasDowngraded, error, isSent } = delivery;
  return (
    toService(service) !== null && !wasDowngraded && replayOf === null && error === 0 && (!isFromMe || isSent)
  );
}

/** Whether the chat's guid leads to the service: one of macOS 26 goes where the chat last went. */
function leadsTo(guid: string, wanted: Service | null, evidence: Evidence): boolean {
  return (serviceOfGuid(guid) ?? (guid.startsWith(ANY) ? evidence.service : null)) === wanted;
}

function serviceOfGuid(guid: string): Service | null {
  return toService(guid.split(';', 1)[0]);
}

function serviceOfHandle(db: Pick<MessagesDb, 'handleServices'>, person: Handle): Service {
  const services = db.handleServices(person).map(toService);
  // Someone who was ever on iMessage is tried there first.
  return services.includes('iMessage') ? 'iMessage' : (services.find((one) => one !== null) ?? 'iMessage');
}

function personOf(key: ChatKey): Handle | null {
  const identifier = key.slice('direct:'.length);
  return isHandle(identifier) ? identifier : null;
}

/** Short codes and business addresses are reached through their chat alone. */
function isHandle(identifier: string): identifier is Handle {
  return identifier.startsWith('+') || identifier.includes('@');
}

/** On the chat's own account, if it is there and of that service; else on the first that is; else by the service's name. */
function participant(
  handle: Handle,
  service: Service,
  accountId: string | null,
  accounts: readonly KnownAccount[],
): Address {
  const usable = accounts.filter((account) => account.enabled && account.serviceType === service);
  const account = usable.find(({ id }) => id === accountId) ?? usable[0];
  return { form: 'participant', handle, service: account?.id ?? service };
}

function failure(code: 'chat_not_found' | 'service_unavailable', message: string): Failure {
  return { code, message, apple: null };
}
