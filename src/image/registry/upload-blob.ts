/** Blobs to a registry: distribution-spec "Pushing blobs". */
import { createHash } from 'node:crypto';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { digestOfHex } from '../digest.ts';
import type { Digest } from '../image.ts';
import { ConnectionError, connectionFailed, refused } from './registry-error.ts';
import type { Backoff } from './retry.ts';
import type { Session } from './session.ts';
import type { Answer } from './transport.ts';
import { parseUrl } from './url.ts';

/** A blob by what it is. */
export interface BlobIdentity {
  readonly digest: Digest;
  readonly size: number;
}

/** Whether the repository has a blob. @throws TsrunError REGISTRY, REGISTRY_DENIED */
export async function hasBlob(session: Session, { digest, size }: BlobIdentity): Promise<boolean> {
  const target = `${session.endpoint.path}/blobs/${digest}`;
  const answer = await session.ask({ method: 'HEAD', target, headers: {}, body: null });
  await answer.discard();
  const length = answer.header('content-length');
  if (answer.status === 200) return length === null || Number(length) === size;
  // Who may not look may still be allowed to push: that answer is the one to report.
  if (answer.status === 404 || answer.status === 401 || answer.status === 403) return false;
  throw await refused(session.host, `cannot push to "${session.host}/${session.endpoint.path}"`, answer);
}

/**
 * Has the registry take a blob over from another of its repositories.
 * @returns false: it has to be uploaded
 */
export async function mountBlob(session: Session, digest: Digest, from: string): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from });
  const answer = await session.ask({
    method: 'POST',
    target: `${session.endpoint.path}/blobs/uploads/?${query.toString()}`,
    headers: { 'content-length': '0' },
    body: null,
  });
  await answer.discard();
  return answer.status === 201;
}

/** Uploads bytes whose digest is known, in one piece. */
export async function uploadBytes(session: Session, digest: Digest, bytes: Uint8Array): Promise<void> {
  const url = await startUpload(session);
  url.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await finished(session, await session.ask({ method: 'PUT', target: url, headers, body: bytes }));
}

/**
 * Uploads a stream, of which nobody knows yet how long it is and what its digest will be. From the beginning again when the connection breaks.
 *
 * @param open the stream, from its beginning
 */
export async function uploadStream(
  session: Session,
  backoff: Backoff,
  open: () => AsyncIterable<Uint8Array>,
): Promise<BlobIdentity> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await uploadOnce(session, open);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      if (!backoff.allows(attempt)) throw connectionFailed(session.host, error);
      await backoff.wait(attempt, null, `the connection to "${session.host}" broke: ${error.message}`);
    }
  }
}

async function uploadOnce(session: Session, open: () => AsyncIterable<Uint8Array>): Promise<BlobIdentity> {
  const start = await startUpload(session);
  const hash = createHash('sha256');
  let size = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of open()) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const headers = { 'content-type': 'application/octet-stream' };
  const answer = await session.ask({ method: 'PATCH', target: start, headers, body: counted() });
  if (answer.status !== 202 && answer.status !== 204) throw await notTaken(session, answer);
  await answer.discard();
  const url = uploadUrl(session, start, answer.header('location'));
  const digest = digestOfHex(hash.digest('hex'));
  url.searchParams.set('digest', digest);
  const empty = { method: 'PUT', target: url, headers: { 'content-length': '0' }, body: null } as const;
  await finished(session, await session.ask(empty));
  return { digest, size };
}

async function startUpload(session: Session): Promise<URL> {
  const target = `${session.endpoint.path}/blobs/uploads/`;
  const answer = await session.ask({ method: 'POST', target, headers: { 'content-length': '0' }, body: null });
  if (answer.status !== 202) throw await notTaken(session, answer);
  await answer.discard();
  return uploadUrl(session, await session.url(target), answer.header('location'));
}

/** Where the upload goes on: perhaps elsewhere, never from https to http. */
function uploadUrl(session: Session, from: URL, location: string | null): URL {
  const url = location === null ? null : parseUrl(location, from);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') {
    if (from.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new TsrunError('REGISTRY', `cannot push to the registry "${session.host}"`, {
    why: `it wants the blob at "${(location ?? '').slice(0, 200)}"`,
  });
}

async function finished(session: Session, answer: Answer): Promise<void> {
  if (answer.status !== 201 && answer.status !== 204) throw await notTaken(session, answer);
  await answer.discard();
}

const notTaken = (session: Session, answer: Answer): Promise<TsrunError> =>
  refused(session.host, `cannot push to "${session.host}/${session.endpoint.path}"`, answer);
