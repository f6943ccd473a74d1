/** Flags of every command that speaks to a registry, with podman's names. */
import type { Command } from 'commander';
import { TsrunError } from '../errors/tsrun-error.ts';
import { type RegistryAccess, registryAccess } from '../image/registry/access.ts';
import { readRemoteImage } from '../image/registry/remote-image.ts';

export interface AccessOptions {
  readonly tlsVerify?: string;
  readonly insecure?: boolean;
  readonly certDir?: string;
  readonly authfile?: string;
}

export const addAuthFileFlag = (command: Command): Command =>
  command.option('--authfile <path>', "a file with credentials, instead of docker's and podman's");

export const addAccessFlags = (command: Command): Command =>
  addAuthFileFlag(command)
    .option('--tls-verify <boolean>', 'false: take any certificate, and plain http from who speaks no TLS')
    .option('--insecure', 'the same as --tls-verify=false')
    .option('--cert-dir <path>', 'ca.crt, client.cert and client.key, instead of those in certs.d');

/** @throws TsrunError USAGE */
export function accessFrom({ tlsVerify, insecure = false, certDir, authfile }: AccessOptions): RegistryAccess {
  const verify = tlsVerify === undefined ? null : booleanOf(tlsVerify);
  const tls = insecure || verify === false ? 'unverified' : verify === true ? 'verified' : 'as-configured';
  return registryAccess(process.env, { tls, certificates: certDir ?? null, authFile: authfile ?? null });
}

function booleanOf(value: string): boolean {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new TsrunError('USAGE', `cannot use "${value}" for --tls-verify`, { why: 'it is true or false' });
}

/** The registry that login and logout are about. @throws TsrunError USAGE */
export function registryNamed(word: string | undefined): string {
  const host = (word ?? 'docker.io').replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const repository = readRemoteImage(`${host}/name`)?.repository;
  if (repository !== undefined && (repository.registry === host || /^index\.docker\.io$/.test(host))) {
    return repository.registry;
  }
  throw new TsrunError('USAGE', `cannot use "${word}" as a registry`, {
    why: 'a registry is a host with a dot or a port in its name, or localhost',
    hint: 'for example docker.io, ghcr.io or localhost:5000',
  });
}
