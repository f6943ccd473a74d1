/**
 * A layer to a registry, of which nobody knows how long it is and what its digest will be until it is compressed.
 *
 * One that is short goes whole, as containerd sends blobs. A longer one goes in one PATCH as it comes, as docker and skopeo send it: every
 * registry takes that, and what breaks begins anew. Pieces with a Content-Range can be resumed, but several registries do not take them,
 * or not of every size: they are for a registry that says what pieces it wants, and for what broke.
 */
import { createHash } from 'node:crypto';
import type { TsrunError } from '../../errors/tsrun-error.ts';
import { digestOfHex } from '../digest.ts';
import { PieceReader } from './piece-reader.ts';
import { ConnectionError, connectionFailed, connectionWords } from './registry-error.ts';
import { type Backoff, isPassing, retryAfter } from './retry.ts';
import type { Session } from './session.ts';
import type { Answer } from './transport.ts';
import {
  type BlobIdentity,
  finishUpload,
  nextLocation,
  notTaken,
  type StartedUpload,
  startUpload,
  wholeBlob,
} from './upload-blob.ts';
import { UploadBroke, WayRefused } from './upload-broke.ts';
import { sendPiece } from './upload-piece.ts';

/** Bytes. GitHub's registry refuses longer ones. */
const usualPiece = 4 * 1024 * 1024;
/** Where a registry wants longer ones: they are in memory, of several layers at once. */
const longestPiece = 64 * 1024 * 1024;

/** How what is longer than a piece is sent. */
type Way = 'as-it-comes' | 'in-pieces';

/**
 * Uploads a stream. When the connection breaks it goes on from where the registry has it, or begins anew.
 *
 * @param open the stream, from its beginning; what it yields stays as it is
 * @throws TsrunError REGISTRY, REGISTRY_DENIED
 */
export async function uploadStream(
  session: Session,
  backoff: Backoff,
  open: () => AsyncIterable<Uint8Array>,
): Promise<BlobIdentity> {
  const refused = new Set<Way>();
  let broke = false;
  for (let attempt = 1; ; attempt += 1) {
    const started = await startUpload(session);
    const way = chooseWay(started, broke, refused);
    try {
      return await uploadOnce({ session, backoff, started, way }, open());
    } catch (error) {
      if (error instanceof WayRefused) {
        refused.add(way);
        if (refused.size === 2) throw error.error;
        continue;
      }
      const again = worthAnotherTry(session, error);
      if (again === null) throw error;
      if (!backoff.allows(attempt)) throw again.error;
      await backoff.wait(attempt, again.wait, `"${session.host}": ${again.why}`);
      broke = true;
    }
  }
}

function chooseWay({ leastPiece }: StartedUpload, broke: boolean, refused: ReadonlySet<Way>): Way {
  if (refused.has('in-pieces') || (leastPiece ?? 0) > longestPiece) return 'as-it-comes';
  return broke || leastPiece !== null || refused.has('as-it-comes') ? 'in-pieces' : 'as-it-comes';
}

function worthAnotherTry(
  session: Session,
  error: unknown,
): { readonly why: string; readonly wait: number | null; readonly error: TsrunError } | null {
  if (error instanceof UploadBroke) return { why: error.message, wait: error.wait, error: error.error };
  if (!(error instanceof ConnectionError)) return null;
  return { why: connectionWords(error), wait: null, error: connectionFailed(session.host, error) };
}

interface Upload {
  readonly session: Session;
  readonly backoff: Backoff;
  readonly started: StartedUpload;
  readonly way: Way;
}

async function uploadOnce(upload: Upload, stream: AsyncIterable<Uint8Array>): Promise<BlobIdentity> {
  const { session, started, way } = upload;
  const hash = createHash('sha256');
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const reader = new PieceReader(counted());
  try {
    const least = started.leastPiece ?? 0;
    const pieceSize = least > longestPiece ? usualPiece : Math.max(usualPiece, least);
    const first = await reader.next(pieceSize);
    const identity = (): BlobIdentity => ({ digest: digestOfHex(hash.copy().digest('hex')), size });
    if (first.length < pieceSize) {
      const blob = identity();
      const answer = await session.askOnce(wholeBlob(started.location, blob, first));
      if (isPassing(answer.status)) throw await passing(session, answer);
      await finishUpload(session, blob, answer);
      return blob;
    }
    const location =
      way === 'in-pieces'
        ? await sendPieces(upload, reader, first, pieceSize)
        : await sendAsItComes(upload, reader, first);
    const blob = identity();
    const answer = await session.ask(wholeBlob(location, blob, null));
    // Its digest is another: pieces were put together wrongly, perhaps around what broke off.
    if (way === 'in-pieces' && answer.status === 400) throw new WayRefused(await notTaken(session, answer));
    await finishUpload(session, blob, answer);
    return blob;
  } finally {
    await reader.close();
  }
}

async function sendAsItComes({ session, started }: Upload, reader: PieceReader, first: Uint8Array): Promise<URL> {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield first;
    yield* reader.rest();
  };
  const { location } = started;
  const headers = { 'content-type': 'application/octet-stream' };
  const answer = await session.askOnce({ method: 'PATCH', target: location, headers, body: body() });
  if (isPassing(answer.status)) throw await passing(session, answer);
  // A proxy before it may take no requests of any length.
  if (answer.status === 413) throw new WayRefused(await notTaken(session, answer));
  if (answer.status !== 202 && answer.status !== 204) throw await notTaken(session, answer);
  await answer.discard();
  return nextLocation(session, location, answer.header('location'));
}

async function sendPieces(
  { session, backoff, started }: Upload,
  reader: PieceReader,
  first: Uint8Array,
  pieceSize: number,
): Promise<URL> {
  let position = { location: started.location, offset: 0 };
  for (let piece = first; piece.length > 0; piece = await reader.next(pieceSize)) {
    position = await sendPiece(session, backoff, position, piece);
  }
  return position.location;
}

async function passing(session: Session, answer: Answer): Promise<UploadBroke> {
  const wait = retryAfter(answer.header('retry-after'));
  return new UploadBroke(`it answered ${answer.status}`, wait, await notTaken(session, answer));
}
