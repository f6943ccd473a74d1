/** Whom to trust and how to prove who we are: the machine's authorities, and certs.d as docker and podman read it (containers-certs.d(5)). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { isSystemError } from '../store/store-error.ts';
import { configHome, type RegistryAccess } from './access.ts';

export interface HostTls {
  readonly ca: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/** Where distributions keep the machine's authorities (Go's crypto/x509 looks there too): an authority the administrator added counts. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** @throws TsrunError REGISTRY when a certificate that is there cannot be used */
export function tlsFor(host: string, access: RegistryAccess): HostTls {
  const system = systemAuthorities(access);
  const directory = directoryOf(host, access);
  if (directory === null) return { ca: system };
  try {
    return { ...readDirectory(directory), ca: [...system, ...authoritiesIn(directory)] };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new TsrunError('REGISTRY', `cannot read the certificates in "${directory}"`, { why: error.message });
  }
}

/** The machine's. @throws TsrunError REGISTRY when those that SSL_CERT_FILE names cannot be read */
export function systemAuthorities({ env }: RegistryAccess): readonly string[] {
  const file = env['SSL_CERT_FILE'] || systemBundles.find((path) => existsSync(path));
  if (file === undefined) return rootCertificates;
  try {
    return [readFileSync(file, 'utf8')];
  } catch (error) {
    throw new TsrunError('REGISTRY', `cannot read the certificates in "${file}"`, { why: String(error) });
  }
}

/** The first that exists, most personal first. A port is part of the name: `localhost:5000`. */
function directoryOf(host: string, access: RegistryAccess): string | null {
  if (access.certificates !== null) return access.certificates;
  const config = configHome(access);
  return (
    [
      join(config, 'containers', 'certs.d', host),
      join(config, 'docker', 'certs.d', host),
      join('/etc/containers/certs.d', host),
      join('/etc/docker/certs.d', host),
    ].find((path) => existsSync(path)) ?? null
  );
}

const authoritiesIn = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.crt'))
    .map((name) => readFileSync(join(directory, name), 'utf8'));

/** The client's certificate NAME.cert, and its key NAME.key. */
function readDirectory(directory: string): Pick<HostTls, 'cert' | 'key'> {
  const names = readdirSync(directory);
  const certificate = names.find((name) => name.endsWith('.cert'));
  const key = names.find((name) => name.endsWith('.key'));
  if (certificate === undefined && key === undefined) return {};
  const wanted = (certificate ?? key ?? '').replace(/\.(cert|key)$/, '');
  for (const name of [`${wanted}.cert`, `${wanted}.key`]) {
    if (names.includes(name)) continue;
    throw new TsrunError('REGISTRY', `cannot use the certificates in "${directory}"`, {
      why: `"${certificate ?? key}" is there, "${name}" is not: a client's certificate and its key belong together`,
    });
  }
  return {
    cert: readFileSync(join(directory, `${wanted}.cert`), 'utf8'),
    key: readFileSync(join(directory, `${wanted}.key`), 'utf8'),
  };
}
