import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Longer URLs are refused; receivers and proxies have the same limit. */
const MAX_URL_LENGTH = 2_048;
/** Networks of one's own, as far as `webhooks.allow_private` lets them in: also those of VPNs (100.64.0.0/10). */
const PRIVATE: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'carrierGradeNat', 'loopback']);
/** NAT64, by which a network without IPv4 reaches it: 64:ff9b::/96, the address in the last four bytes (RFC 6052). */
const NAT64 = 'rfc6052';

/** Where deliveries may go. */
export interface TargetRules {
  /** Plain http to other machines. */
  readonly allowPlain: boolean;
  /** Addresses of private networks. */
  readonly allowPrivate: boolean;
}

export type CheckedUrl = { readonly url: URL } | { readonly problem: string };

/** Whether a URL may be an endpoint's, as far as its text tells; the address behind a name is looked at when it is dialled. */
export function checkUrl(text: string, rules: TargetRules): CheckedUrl {
  const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    return { problem: '`url` must be an http or https address of at most 2,048 characters.' };
  }
  if (url.username !== '' || url.password !== '') {
    return { problem: '`url` must not hold a name or a password; the signature is what proves the sender.' };
  }
  const host = hostOf(url);
  if (url.protocol === 'http:' && !isLocalName(host) && !rules.allowPlain) {
    return { problem: '`url` must be https, unless it is on this machine (webhooks.allow_plain allows it).' };
  }
  if (isIP(host) !== 0 && !allowsAddress(host, host, rules)) {
    return {
      problem:
        '`url` names an address of a private or special network (webhooks.allow_private allows private ones).',
    };
  }
  return { url };
}

/** The host as it is dialled: without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/gu, '');
}

/**
 * Whether an address may be dialled for a host. This machine may be named as such; any other name has to lead to a
 * public address, or to a private one where those are allowed. Link-local (the metadata services of clouds), multicast
 * and reserved addresses never are.
 */
export function allowsAddress(address: string, host: string, rules: TargetRules): boolean {
  const range = rangeOf(address);
  if (isLocalName(host)) {
    return range === 'loopback';
  }
  return range === 'unicast' || (range !== null && rules.allowPrivate && PRIVATE.has(range));
}

/** `localhost` and below (RFC 6761), and the loopback addresses. */
function isLocalName(host: string): boolean {
  return /^(?:.+\.)?localhost$/iu.test(host) || (isIP(host) !== 0 && rangeOf(host) === 'loopback');
}

/** The kind of network that an address belongs to; of one that wraps an IPv4 address, that of the wrapped. */
function rangeOf(address: string): string | null {
  // A zone (fe80::1%en0) does not change what it is.
  const bare = address.replace(/%.*$/u, '');
  if (!ipaddr.isValid(bare)) {
    return null;
  }
  const parsed = ipaddr.process(bare);
  const range = parsed.range();
  if (parsed instanceof ipaddr.IPv6 && range === NAT64) {
    return new ipaddr.IPv4(parsed.toByteArray().slice(12)).range();
  }
  return range;
}
