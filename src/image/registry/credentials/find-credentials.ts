/** Which credentials are for a repository: the first file that has any. */
import type { RegistryAccess } from '../access.ts';
import { type AuthFile, authFilePaths, authKey, mostSpecific, objectIn, readAuthFile, readEntry } from './auth-file.ts';
import type { Credentials } from './credentials.ts';
import { askHelper, type HelperName, helperName } from './helper.ts';

/**
 * @param registry as names spell it: `docker.io`, `localhost:5000`
 * @param path of the repository; '': the registry as a whole
 * @throws TsrunError REGISTRY, REGISTRY_DENIED
 */
export async function findCredentials(
  access: RegistryAccess,
  registry: string,
  path: string,
): Promise<Credentials | null> {
  for (const file of authFilePaths(access)) {
    const read = readAuthFile(file);
    const found = read === null ? null : await credentialsIn(read, registry, path);
    if (found !== null) return found;
  }
  return null;
}

async function credentialsIn({ document }: AuthFile, registry: string, path: string): Promise<Credentials | null> {
  const helper = helperFor(document, registry);
  const kept = helper === null ? null : await askHelper(helper.name, helper.key);
  return kept ?? readEntry(mostSpecific(objectIn(document, 'auths'), registry, path)?.value);
}

/** The program that a file wants to be asked about a registry, and the registry's name there. */
export function helperFor(
  document: AuthFile['document'],
  registry: string,
): { readonly name: HelperName; readonly key: string } | null {
  const own = mostSpecific(objectIn(document, 'credHelpers'), registry, '');
  const name = helperName(own?.value ?? document['credsStore']);
  return name === null ? null : { name, key: authKey(registry) };
}
