/** A piece of a blob, and where an upload goes on that was broken off: distribution-spec "Pushing a blob in chunks". */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { ConnectionError, connectionFailed, connectionWords } from './registry-error.ts';
import { type Backoff, isPassing, retryAfter } from './retry.ts';
import type { Session } from './session.ts';
import type { Answer } from './transport.ts';
import { nextLocation, notTaken } from './upload-blob.ts';
import { UploadBroke, WayRefused } from './upload-broke.ts';

/** How far an upload is. */
export interface UploadPosition {
  readonly location: URL;
  /** Bytes that the registry has. */
  readonly offset: number;
}

/** What came of sending: how far it is, or that the registry has to be asked. */
type Sent =
  | { readonly type: 'at'; readonly position: UploadPosition }
  | { readonly type: 'unknown'; readonly broke: UploadBroke };

/**
 * Sends the bytes that follow a position. When the connection breaks, or the registry took a part, from where it is.
 *
 * @throws UploadBroke when it has to begin anew, WayRefused when the registry takes no pieces; TsrunError REGISTRY, REGISTRY_DENIED
 */
export async function sendPiece(
  session: Session,
  backoff: Backoff,
  from: UploadPosition,
  piece: Uint8Array,
): Promise<UploadPosition> {
  const end = from.offset + piece.length;
  let position = from;
  for (let attempt = 1; position.offset < end; attempt += 1) {
    const sent = await send(session, from, position, piece.subarray(position.offset - from.offset));
    if (sent.type === 'unknown') {
      if (!backoff.allows(attempt)) throw sent.broke.error;
      await backoff.wait(attempt, sent.broke.wait, `"${session.host}": ${sent.broke.message}`);
      position = await askPosition(session, from, position);
    } else {
      if (sent.position.offset === position.offset && !backoff.allows(attempt))
        throw lost(session, 'it takes no more of it');
      position = sent.position;
    }
    if (position.offset < from.offset || position.offset > end) throw lost(session, 'it has another part of it');
  }
  return position;
}

async function send(
  session: Session,
  from: UploadPosition,
  { location, offset }: UploadPosition,
  bytes: Uint8Array,
): Promise<Sent> {
  let answer: Answer;
  try {
    const last = offset + bytes.length - 1;
    const headers = { 'content-type': 'application/octet-stream', 'content-range': `${offset}-${last}` };
    answer = await session.askOnce({ method: 'PATCH', target: location, headers, body: bytes });
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return {
      type: 'unknown',
      broke: new UploadBroke(connectionWords(error), null, connectionFailed(session.host, error)),
    };
  }
  const { status } = answer;
  if (status === 201 || status === 202 || status === 204) {
    const kept = bytesIn(answer) ?? offset + bytes.length;
    return { type: 'at', position: await positionIn(session, location, answer, kept) };
  }
  const kept = status === 416 ? bytesIn(answer) : null;
  if (kept !== null) return { type: 'at', position: await positionIn(session, location, answer, kept) };
  const wait = retryAfter(answer.header('retry-after'));
  const error = await notTaken(session, answer);
  if (isPassing(status)) return { type: 'unknown', broke: new UploadBroke(`it answered ${status}`, wait, error) };
  if (![400, 404, 405, 411, 416, 501].includes(status)) throw error;
  throw from.offset === 0 ? new WayRefused(error) : new UploadBroke(`it answered ${status}`, wait, error);
}

async function askPosition(
  session: Session,
  from: UploadPosition,
  { location }: UploadPosition,
): Promise<UploadPosition> {
  const answer = await session.ask({ method: 'GET', target: location, headers: {}, body: null });
  // Some say 0-0 whatever they have: at the beginning that is what it is.
  const kept = bytesIn(answer) ?? (from.offset === 0 ? 0 : null);
  if (answer.status !== 204 && answer.status !== 200) {
    const error = await notTaken(session, answer);
    throw new UploadBroke('it has lost the part that it had', null, error);
  }
  if (kept === null) {
    await answer.discard();
    throw lost(session, 'it does not say how much it has');
  }
  return await positionIn(session, location, answer, kept);
}

async function positionIn(session: Session, before: URL, answer: Answer, offset: number): Promise<UploadPosition> {
  const location = answer.header('location');
  await answer.discard();
  return { location: location === null ? before : nextLocation(session, before, location), offset };
}

/** `Range: 0-LAST`, by some with `bytes=` before it. 0-0 is said by those who have nothing and by those who do not count: null. */
function bytesIn(answer: Answer): number | null {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(answer.header('range') ?? '')?.[1];
  return last === undefined || last === '0' ? null : Number(last) + 1;
}

const lost = (session: Session, why: string): UploadBroke =>
  new UploadBroke(
    why,
    null,
    new TsrunError('REGISTRY', `cannot push to "${session.host}/${session.endpoint.path}"`, {
      why: `what "${session.host}" says that it has of a layer is not what it was sent`,
      hint: 'try again later',
    }),
  );
