/** A token server for distribution's registry: its docs/spec/auth/token.md and jwt.md, in few lines. */
import { createSign, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Certificate } from './certificate.ts';
import { serve } from './fake-registry.ts';

export interface TokenServer {
  readonly realm: string;
  /** What it was asked: the path with its query, and the Authorization header. */
  readonly asked: readonly { readonly path: string; readonly authorization: string | undefined }[];
  readonly close: () => Promise<void>;
}

export const tokenService = 'registry of a test';
export const tokenIssuer = 'token server of a test';

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Lets anybody pull, and whoever has the password push. */
export async function startTokenServer({ certificate, key }: Certificate, password: string): Promise<TokenServer> {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const { host, close } = await serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://token');
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    const known = request.headers.authorization === `Basic ${Buffer.from(password).toString('base64')}`;
    if (request.headers.authorization !== undefined && !known) {
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}');
      return;
    }
    const access = url.searchParams.getAll('scope').map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',').filter((action) => known || action === 'pull') };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: tokenIssuer, sub: 'somebody', aud: tokenService, access },
      ...{ exp: now + 300, nbf: now - 10, iat: now, jti: randomBytes(8).toString('hex') },
    };
    const x5c = [new X509Certificate(readFileSync(certificate)).raw.toString('base64')];
    const signed = `${base64url({ typ: 'JWT', alg: 'RS256', x5c })}.${base64url(claims)}`;
    const signature = createSign('RSA-SHA256').update(signed).sign(readFileSync(key)).toString('base64url');
    response.end(JSON.stringify({ token: `${signed}.${signature}` }));
  });
  return { realm: `http://${host}/token`, asked, close };
}
