import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { BluelineError, errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';

/** A certificate is renewed every few months; that it was is noticed within a minute. */
const LOOK_MS = 60_000;

/** Where a certificate and its private key are, both in PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws BluelineError `http_tls_unusable`, `http_tls_key_exposed`. */
export function readCertificate({ certFile, keyFile }: TlsFiles): Certificate {
  let certificate: Certificate;
  try {
    if ((statSync(keyFile).mode & 0o007) !== 0) {
      throw new BluelineError('http_tls_key_exposed', 'Every user of this Mac can read the private key.', {
        advice: 'Make the file of http.tls.key readable by its owner only (chmod 600).',
      });
    }
    certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(certificate);
  } catch (error) {
    if (error instanceof BluelineError) {
      throw error;
    }
    throw new BluelineError('http_tls_unusable', 'The certificate or its private key cannot be used.', {
      advice:
        'http.tls.cert and http.tls.key must name PEM files that belong together and that the user who runs Blueline can read.',
      cause: error,
    });
  }
  return certificate;
}

/** Hands renewed files over; where they cannot be used, the old certificate stays until they can. */
export function watchCertificate(
  files: TlsFiles,
  use: (certificate: Certificate) => void,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Timer {
  let seen = versionOf(files);
  return clock.every(LOOK_MS, () => {
    const version = versionOf(files);
    if (version === seen) {
      return;
    }
    seen = version;
    try {
      use(readCertificate(files));
      log.info('The certificate was renewed');
    } catch (error) {
      log.error({ code: errorCode(error) }, 'A renewed certificate cannot be used; the old one stays');
    }
  });
}

function versionOf({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile]
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .map((stat) => (stat === undefined ? 'none' : `${stat.ino}/${stat.size}/${stat.mtimeMs}`))
    .join(' ');
}
