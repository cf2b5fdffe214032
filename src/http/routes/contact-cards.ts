import {
  errorSchema,
  outboxItemSchema,
  sendContactCardBody,
  toWireOutboxItem,
  type WireContactCard,
} from '../../contract/index.ts';
import { chatKey, type ChatKey, type Command, type Target } from '../../domain/index.ts';
import { Retried } from '../../runtime/index.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { ownUpload } from '../own-upload.ts';
import type {
  ComposedCard,
  ContactCardFields,
  ContactCardsPort,
  Grant,
  Upload,
  UploadsPort,
} from '../ports.ts';
import { sendAnswers } from '../refusals.ts';
import { Turns } from '../turns.ts';
import { readFileSend, type SendFileDeps } from './send-file.ts';
import { storedOrThrow } from './upload-file.ts';

/** A card's picture is shown small; a card that weighs more than a photo is a mistake. */
const MAX_PHOTO_BYTES = 524_288;
const PHOTO_TYPES: ReadonlyMap<string, 'JPEG' | 'PNG'> = new Map([
  ['image/jpeg', 'JPEG'],
  ['image/png', 'PNG'],
]);
/** States in which a card certainly did not reach the contact: it may be sent anew. */
const UNSHARED: ReadonlySet<string> = new Set(['failed', 'refused', 'canceled', 'expired']);

interface Deps extends SendFileDeps {
  readonly contactCards: ContactCardsPort;
}

export function contactCardsRoute(app: HttpApp, deps: Deps): void {
  const { outbox, uploads, contactCards, clock } = deps;
  // Of two requests for one chat, the second sees what the first has sent.
  const turns = new Turns<ChatKey>();
  app.post(
    '/v1/contact-cards',
    {
      config: { auth: { need: 'key', scope: 'messages:write' } },
      schema: {
        operationId: 'sendContactCard',
        summary: 'Send a contact card',
        description:
          'Makes a vCard of `card` (or takes `vcard`) and sends it as a file, which Messages shows as a contact. A chat ' +
          'gets one within 24 hours: a further request sends nothing and answers 200 with the item of the earlier one, ' +
          'unless `force` is set.',
        body: sendContactCardBody,
        response: {
          200: outboxItemSchema,
          ...sendAnswers,
          507: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const send = await readFileSend(request, reply, body, deps);
      if (send === null) {
        return reply;
      }
      const chat = chatOf(send.target);
      return turns.take(chat, async () => {
        const shared = body.force === true ? null : sharedBefore(chat);
        if (shared !== null) {
          return reply
            .code(200)
            .header('contact-card-already-shared', 'true')
            .send(toWireOutboxItem(shared, request.id));
        }
        const file = await keep(await compose(body, send.grant), send.grant);
        const command = await send.send(file.id);
        // It has been answered: a store that fails now has nobody to be told.
        new Retried(clock, () => contactCards.remember(chat, command.id)).run();
        return reply;
      });
    },
  );

  async function keep({ name, vcard }: ComposedCard, grant: Grant): Promise<Upload> {
    const bytes = Buffer.from(vcard, 'utf8');
    const stored = await uploads.receive({
      keyId: grant.keyId,
      name,
      declaredType: 'text/vcard',
      announcedBytes: bytes.length,
      content: once(bytes),
    });
    return storedOrThrow(stored, uploads);
  }

  /** The command that shared a card in this chat lately and may have reached it. */
  function sharedBefore(chat: ChatKey): Command | null {
    const id = contactCards.lastShare(chat);
    const command = id === null ? null : outbox.get(id);
    return command === null || UNSHARED.has(command.state.name) ? null : command;
  }

  async function compose(
    { card, vcard }: { readonly card?: WireContactCard | undefined; readonly vcard?: string | undefined },
    grant: Grant,
  ): Promise<ComposedCard> {
    if ((card === undefined) === (vcard === undefined)) {
      throw new HttpError(card === undefined ? 'missing_required_parameter' : 'invalid_parameter_value', {
        param: 'card',
        message: 'Give either `card` or `vcard`.',
      });
    }
    if (card !== undefined) {
      return contactCards.compose(await toCard(card, grant, uploads));
    }
    const converted = contactCards.convert(vcard ?? '');
    if (converted.outcome === 'invalid') {
      throw new HttpError('invalid_contact_card', {
        param: 'vcard',
        message: `\`vcard\`: ${converted.reason}`,
      });
    }
    return converted.card;
  }
}

function chatOf(target: Target): ChatKey {
  return target.to === 'chat' ? target.chat : chatKey('direct', target.handle);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function toCard(card: WireContactCard, grant: Grant, uploads: UploadsPort): Promise<ContactCardFields> {
  const labelled = (values: WireContactCard['phones']) =>
    (values ?? []).map(({ value, label, primary }) => ({
      value,
      label: label ?? null,
      isPrimary: primary === true,
    }));
  return {
    firstName: card.first_name ?? null,
    middleName: card.middle_name ?? null,
    lastName: card.last_name ?? null,
    namePrefix: card.name_prefix ?? null,
    nameSuffix: card.name_suffix ?? null,
    displayName: card.display_name ?? null,
    nickname: card.nickname ?? null,
    organization: card.organization ?? null,
    department: card.department ?? null,
    title: card.title ?? null,
    phones: labelled(card.phones),
    emails: labelled(card.emails),
    urls: labelled(card.urls),
    addresses: (card.addresses ?? []).map((address) => ({
      street: address.street ?? null,
      city: address.city ?? null,
      region: address.region ?? null,
      postalCode: address.postal_code ?? null,
      country: address.country ?? null,
      label: address.label ?? null,
    })),
    birthday: card.birthday ?? null,
    note: card.note ?? null,
    photo: card.photo === undefined ? null : await readPhoto(card.photo, grant, uploads),
  };
}

async function readPhoto(id: string, grant: Grant, uploads: UploadsPort) {
  const upload = ownUpload(id, grant, uploads, 'card.photo');
  const opened = await uploads.open(id);
  if (opened === null) {
    throw new HttpError('file_not_found', { param: 'card.photo' });
  }
  try {
    const type = PHOTO_TYPES.get(upload.mediaType);
    if (type === undefined || upload.size > MAX_PHOTO_BYTES) {
      throw new HttpError('invalid_parameter_value', {
        param: 'card.photo',
        message: `\`card.photo\` must be a JPEG or a PNG of at most ${MAX_PHOTO_BYTES} bytes.`,
      });
    }
    return { type, bytes: await opened.handle.readFile() };
  } finally {
    await opened.handle.close();
  }
}
