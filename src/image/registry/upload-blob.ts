/** Whole blobs to a registry, and the steps of every upload: distribution-spec "Pushing blobs". */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Digest } from '../image.ts';
import { refused } from './registry-error.ts';
import type { Request, Session } from './session.ts';
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

/** A small blob, in one piece. */
export async function uploadBytes(session: Session, blob: BlobIdentity, bytes: Uint8Array): Promise<void> {
  const { location } = await startUpload(session);
  await finishUpload(session, blob, await session.ask(wholeBlob(location, blob, bytes)));
}

/** The request that sends a blob whole. */
export const wholeBlob = (location: URL, { digest }: BlobIdentity, body: Uint8Array | null): Request => ({
  method: 'PUT',
  target: withDigest(location, digest),
  headers: body === null ? { 'content-length': '0' } : { 'content-type': 'application/octet-stream' },
  body,
});

function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  url.searchParams.set('digest', digest);
  return url;
}

/** Where an upload goes on. */
export interface StartedUpload {
  readonly location: URL;
  /** Bytes that a piece of a blob has to have; null: the registry does not say. */
  readonly leastPiece: number | null;
}

export async function startUpload(session: Session): Promise<StartedUpload> {
  const target = `${session.endpoint.path}/blobs/uploads/`;
  const answer = await session.ask({ method: 'POST', target, headers: { 'content-length': '0' }, body: null });
  if (answer.status !== 202) throw await notTaken(session, answer);
  await answer.discard();
  const least = answer.header('oci-chunk-min-length');
  return {
    location: nextLocation(session, await session.url(target), answer.header('location')),
    leastPiece: least !== null && /^\d{1,15}$/.test(least) ? Number(least) : null,
  };
}

/** Where the upload goes on: perhaps elsewhere, never from https to http. */
export function nextLocation(session: Session, from: URL, location: string | null): URL {
  const url = location === null ? null : parseUrl(location, from);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') {
    if (from.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new TsrunError('REGISTRY', `cannot push to the registry "${session.host}"`, {
    why: `it wants the blob at "${(location ?? '').slice(0, 200)}"`,
  });
}

/** @param answer to the PUT that ends an upload. It may be the second one, of which the first did all and whose answer was lost */
export async function finishUpload(session: Session, blob: BlobIdentity, answer: Answer): Promise<void> {
  if (answer.status === 404 && (await hasBlob(session, blob))) await answer.discard();
  else if (answer.status === 201 || answer.status === 204) await answer.discard();
  else throw await notTaken(session, answer);
}

export const notTaken = (session: Session, answer: Answer): Promise<TsrunError> =>
  refused(session.host, `cannot push to "${session.host}/${session.endpoint.path}"`, answer);
