/** A self-signed certificate for 127.0.0.1 and the name that only a proxy of a test knows, and a private key, by openssl. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** @param directory is made */
export function makeCertificate(directory: string): Certificate {
  mkdirSync(directory, { recursive: true });
  const made = { certificate: join(directory, 'own.crt'), key: join(directory, 'own.key') };
  const { status, stderr } = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=registry of a test'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:registry.test', '-keyout', made.key, '-out', made.certificate],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  return made;
}
