/** `tsrun logout [REGISTRY]`. */
import type { Command } from 'commander';
import { forgetCredentials } from '../../image/registry/credentials/keep-credentials.ts';
import { print } from '../output.ts';
import { type AccessOptions, accessFrom, addAuthFileFlag, registryNamed } from '../registry-flags.ts';

export function define(command: Command): void {
  command.argument('[registry]', 'a registry; nothing: docker.io');
  addAuthFileFlag(command).action(async (registry: string | undefined, flags: AccessOptions) => {
    const host = registryNamed(registry);
    const found = await forgetCredentials(accessFrom(flags), host);
    print(found ? `Removing login credentials for ${host}` : `Not logged in to ${host}`);
  });
}
