/** What `login` and `logout` change: the file with credentials, or the helper it names. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { isSystemError } from '../../store/store-error.ts';
import type { RegistryAccess } from '../access.ts';
import {
  type AuthFile,
  authFilePaths,
  authKey,
  dockerConfig,
  mostSpecific,
  objectIn,
  readAuthFile,
} from './auth-file.ts';
import { helperFor } from './find-credentials.ts';
import { eraseFromHelper, tellHelper } from './helper.ts';

/** Where they went; a file holds them as good as in the open. */
export type KeptIn =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'helper'; readonly name: string };

/** Keeps a user's password for a registry, in place of what was kept. @throws TsrunError REGISTRY, REGISTRY_DENIED */
export async function keepCredentials(
  access: RegistryAccess,
  registry: string,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<KeptIn> {
  const path = access.authFile ?? (access.env['REGISTRY_AUTH_FILE'] || dockerConfig(access));
  const file = readAuthFile(path) ?? { path, document: {} };
  const helper = helperFor(file.document, registry);
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  if (helper !== null) await tellHelper(helper.name, helper.key, user, password);
  const auths = { ...without(file, registry), [authKey(registry)]: helper === null ? { auth } : {} };
  writeAuthFile({ path, document: { ...file.document, auths } });
  return helper === null ? { type: 'file', path } : { type: 'helper', name: `docker-credential-${helper.name}` };
}

/** Forgets a registry in every file that is read. @returns whether there was anything to forget */
export async function forgetCredentials(access: RegistryAccess, registry: string): Promise<boolean> {
  let found = false;
  for (const path of authFilePaths(access)) {
    const file = readAuthFile(path);
    if (file === null) continue;
    const helper = helperFor(file.document, registry);
    if (helper !== null && (await eraseFromHelper(helper.name, helper.key))) found = true;
    const auths = without(file, registry);
    if (Object.keys(auths).length === Object.keys(objectIn(file.document, 'auths')).length) continue;
    writeAuthFile({ path, document: { ...file.document, auths } });
    found = true;
  }
  return found;
}

/** The other entries, however this registry's was spelled. */
function without({ document }: AuthFile, registry: string): Readonly<Record<string, unknown>> {
  const auths = objectIn(document, 'auths');
  const own = mostSpecific(auths, registry, '');
  return Object.fromEntries(Object.entries(auths).filter(([key]) => key !== own?.key));
}

/** By rename, for its owner alone: whoever reads meanwhile sees the old or the new. */
function writeAuthFile({ path, document }: AuthFile): void {
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, `${JSON.stringify(document, null, '\t')}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (!isSystemError(error)) throw error;
    throw new TsrunError('REGISTRY', `cannot write the credentials to "${path}"`, { why: error.message });
  }
}
