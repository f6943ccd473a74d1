/** How registries are spoken to: what the person asked for, and where the machine keeps its settings. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface RegistryAccess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Whether certificates are checked. As configured: unless registries.conf calls the registry insecure. */
  readonly tls: 'as-configured' | 'verified' | 'unverified';
  /** Certificates for whatever registry is spoken to, instead of those of certs.d. */
  readonly certificates: string | null;
  /** The file with credentials, instead of the usual ones. */
  readonly authFile: string | null;
}

/** What only a flag can say. */
export type AccessFlags = Pick<RegistryAccess, 'tls' | 'certificates' | 'authFile'>;

export const noAccessFlags: AccessFlags = { tls: 'as-configured', certificates: null, authFile: null };

export const registryAccess = (
  env: Readonly<Record<string, string | undefined>>,
  flags: AccessFlags,
): RegistryAccess => ({ env, home: env['HOME'] || homedir(), ...flags });

/** `~/.config`, or where XDG_CONFIG_HOME says. */
export const configHome = ({ env, home }: RegistryAccess): string => env['XDG_CONFIG_HOME'] || join(home, '.config');
