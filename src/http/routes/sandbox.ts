import { z } from 'zod';
import { sandboxSchema } from '../../contract/index.ts';
import type { Handle } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { maySee } from '../line-access.ts';
import type { Grant, LinksPort, MessagesPort, SandboxPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

const answer = sandboxSchema.extend({ request_id: z.string() });

export function sandboxRoutes(
  app: HttpApp,
  deps: { readonly sandbox: SandboxPort; readonly messages: MessagesPort; readonly links: LinksPort },
): void {
  const { sandbox, messages, links } = deps;

  app.get(
    '/v1/sandbox',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'getSandbox',
        summary: 'The code that lets a contact into the sandbox, and who is in it',
        querystring: z.strictObject({}),
        response: { 200: answer, ...keyRefusal },
      },
    },
    async (request) => {
      checkOwner(grantOf(request));
      return { ...(await toWire(sandbox.view())), request_id: request.id };
    },
  );

  app.post(
    '/v1/sandbox/renew',
    {
      config: { auth: { need: 'key', scope: 'lines:write' } },
      schema: {
        operationId: 'renewSandbox',
        summary: 'Empty the sandbox: another code, which every contact has to text anew',
        response: { 200: answer, ...keyRefusal },
      },
    },
    async (request) => {
      checkOwner(grantOf(request));
      return { ...(await toWire(sandbox.renew())), request_id: request.id };
    },
  );

  async function toWire({ code, contacts, quota }: ReturnType<SandboxPort['view']>) {
    const line = sendingLine();
    return {
      code,
      line,
      link: line === null ? null : await linkTo(line, code),
      contacts: contacts.map(({ handle, activatedAt }) => ({ handle, activated_at: activatedAt })),
      quota: { limit: quota.limit, used: quota.used, resets_at: quota.resetsAt },
    };
  }

  function sendingLine(): Handle | null {
    return messages.lines().find(({ isActive }) => isActive)?.handle ?? null;
  }

  /**
   * @throws HttpError `sandbox_requires_owner` for a key that could else let anyone in, `line_not_accessible` for one that
   * may not see the line that the sandbox belongs to
   */
  function checkOwner(grant: Grant): void {
    if (grant.isSandbox) {
      throw new HttpError('sandbox_requires_owner');
    }
    if (!maySee(grant, sendingLine())) {
      throw new HttpError('line_not_accessible');
    }
  }

  async function linkTo(line: Handle, code: string): Promise<string | null> {
    return (await links.link(line, code))?.link ?? null;
  }
}
