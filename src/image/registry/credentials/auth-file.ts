/** Files with credentials: docker's config.json and containers' auth.json (containers-auth.json(5)), which are alike. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { isSystemError } from '../../store/store-error.ts';
import { configHome, type RegistryAccess } from '../access.ts';
import type { Credentials } from './credentials.ts';

export interface AuthFile {
  readonly path: string;
  /** As it is: what we do not know is kept when it is written. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** docker's own, where `login` writes. */
export const dockerConfig = ({ env, home }: RegistryAccess): string =>
  join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json');

/** Where credentials are looked for, in order. One that was named is the only one. */
export function authFilePaths(access: RegistryAccess): readonly string[] {
  const { authFile, env } = access;
  const named = authFile ?? (env['REGISTRY_AUTH_FILE'] || null);
  if (named !== null) return [named];
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    dockerConfig(access),
    ...(runtime ? [join(runtime, 'containers', 'auth.json')] : []),
    join(configHome(access), 'containers', 'auth.json'),
  ];
}

/** null: there is none. @throws TsrunError REGISTRY when it cannot be read */
export function readAuthFile(path: string): AuthFile | null {
  try {
    const text = readFileSync(path, 'utf8');
    const document: unknown = text.trim() === '' ? {} : JSON.parse(text);
    if (typeof document !== 'object' || document === null || Array.isArray(document))
      throw new SyntaxError('no object');
    return { path, document: document as Record<string, unknown> };
  } catch (error) {
    if (isSystemError(error) && ['ENOENT', 'ENOTDIR'].includes(error.code)) return null;
    throw new TsrunError('REGISTRY', `cannot read the credentials in "${path}"`, {
      // The parser's words quote the file.
      why: isSystemError(error) ? error.message : 'it is not a JSON object',
    });
  }
}

/** A field that is an object; anything else counts as absent. */
export function objectIn(document: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = Object.hasOwn(document, key) ? document[key] : null;
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** docker.io under the name that docker gives it in its files. */
export const authKey = (registry: string): string =>
  registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;

/** Old docker wrote whole URLs. */
function plainKey(key: string): string {
  const [, rest] = /^https?:\/\/(.*)$/.exec(key) ?? [];
  const plain = rest === undefined ? key : rest.replace(/\/.*$/, '');
  return plain.replace(/^(index|registry-1)\.docker\.io(?=\/|$)/, 'docker.io').replace(/\/$/, '');
}

/** The value for a repository, else for what it is in, else for its registry. */
export function mostSpecific(
  entries: Readonly<Record<string, unknown>>,
  registry: string,
  path: string,
): { readonly key: string; readonly value: unknown } | null {
  const found = Object.entries(entries).map(([key, value]) => ({ key, value, plain: plainKey(key) }));
  for (let wanted = path === '' ? registry : `${registry}/${path}`; wanted !== ''; ) {
    const hit = found.find(({ plain }) => plain === wanted);
    if (hit !== undefined) return { key: hit.key, value: hit.value };
    const slash = wanted.lastIndexOf('/');
    wanted = slash === -1 ? '' : wanted.slice(0, slash);
  }
  return null;
}

/** What an entry of `auths` says; null: nothing, the credentials are with a helper. */
export function readEntry(value: unknown): Credentials | null {
  if (typeof value !== 'object' || value === null) return null;
  const { auth, identitytoken, username, password } = value as Record<string, unknown>;
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { type: 'identity-token', token: identitytoken };
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = text.indexOf(':');
    return colon === -1 ? null : { type: 'password', user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  if (typeof username === 'string' && typeof password === 'string' && username !== '') {
    return { type: 'password', user: username, password };
  }
  return null;
}
