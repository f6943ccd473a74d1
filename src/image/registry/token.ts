/** Tokens: distribution's token and oauth2 specifications (docs/spec/auth). */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { checkLiteral, guardOf } from './address-guard.ts';
import type { Challenge } from './challenge.ts';
import { basicAuthorization, type Credentials } from './credentials/credentials.ts';
import { readAll, refused } from './registry-error.ts';
import type { Answer, Question } from './transport.ts';
import { parseUrl } from './url.ts';

const maxTokenBytes = 1024 * 1024;

/**
 * Asks the server that a registry named for a token. It gets the credentials for the registry, which could have asked for them
 * itself; but over nothing less than the registry is spoken to, and at no address that is only ours.
 *
 * @param registry as it was spoken to: its protocol and host
 * @param scope what to ask for beside what the registry says
 * @throws TsrunError REGISTRY, REGISTRY_DENIED
 */
export async function fetchToken(
  ask: (question: Question) => Promise<Answer>,
  registry: { readonly base: URL; readonly verified: boolean },
  challenge: Extract<Challenge, { type: 'bearer' }>,
  scope: string,
  credentials: Credentials | null,
): Promise<string> {
  const { base, verified } = registry;
  const realm = parseUrl(challenge.realm);
  if (realm === null || !/^https?:$/.test(realm.protocol) || realm.username !== '' || realm.password !== '') {
    throw badRealm(base, challenge.realm, 'that is no plain http or https address');
  }
  if (base.protocol === 'https:' && realm.protocol === 'http:') {
    throw badRealm(base, challenge.realm, 'what is said there can be read on the way, and the registry speaks TLS');
  }
  const guard = realm.host === base.host ? 'any' : await guardOf(base.host);
  checkLiteral(realm.host, guard);
  // What it says is needed now, and what we shall need: a push begins with questions that a pull may ask.
  const wanted = [...new Set([challenge.scope ?? '', scope].flatMap((scopes) => scopes.split(' ')))]
    .filter(Boolean)
    .join(' ');
  const question = tokenQuestion(realm, challenge.service, wanted, credentials);
  const answer = await ask({ ...question, verified, guard });
  if (answer.status !== 200) {
    throw await refused(base.host, `cannot get leave of "${realm.host}" for "${wanted}"`, answer);
  }
  try {
    return tokenIn(await readAll(answer.body, maxTokenBytes), realm);
  } catch (error) {
    throw error instanceof RangeError ? noToken(realm, error.message) : error;
  }
}

function tokenQuestion(realm: URL, service: string | null, scope: string, credentials: Credentials | null) {
  const asked = { ...(service === null ? {} : { service }) };
  if (credentials?.type === 'identity-token') {
    const form = { grant_type: 'refresh_token', refresh_token: credentials.token, client_id: 'tsrun', ...asked, scope };
    return {
      method: 'POST',
      url: realm,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(form).toString()),
    } as const;
  }
  const url = new URL(realm);
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  // Several scopes are several parameters.
  for (const one of scope.split(' ').filter((word) => word !== '')) url.searchParams.append('scope', one);
  const headers: Record<string, string> = {};
  if (credentials !== null) {
    url.searchParams.set('account', credentials.user);
    headers['authorization'] = basicAuthorization(credentials.user, credentials.password);
  }
  return { method: 'GET', url, headers, body: null } as const;
}

function tokenIn(body: Uint8Array, realm: URL): string {
  let token: unknown = null;
  try {
    const fields = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown> | null;
    token = fields?.['token'] || fields?.['access_token'];
  } catch {
    // Said below.
  }
  // What may stand in a header: RFC 6750 2.1.
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  throw noToken(realm, 'it has none');
}

const noToken = (realm: URL, why: string): TsrunError =>
  new TsrunError('REGISTRY', `cannot get a token of "${realm.host}"`, {
    why: `its answer cannot be used: ${why}`,
    hint: 'try again later',
  });

const badRealm = (base: URL, realm: string, why: string): TsrunError =>
  new TsrunError('REGISTRY', `cannot log in to the registry "${base.host}"`, {
    why: `it sends us to "${realm.slice(0, 200)}" for a token, and ${why}`,
  });
