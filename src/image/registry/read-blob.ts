/** A blob's bytes, read on where they broke off: distribution-spec "Pulling blobs", RFC 9110 14. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { wrongSize } from '../archive/verified-blob.ts';
import type { Descriptor } from '../document/descriptor.ts';
import { ConnectionError, refused } from './registry-error.ts';
import type { Backoff } from './retry.ts';
import type { Session } from './session.ts';
import type { Answer } from './transport.ts';

/** So much has to come between two breaks, or they count as one series. */
const progress = 1024 * 1024;

/**
 * Streams a blob of exactly the size that its descriptor says. Its digest is the caller's to check.
 *
 * @throws TsrunError REGISTRY, IMAGE_INVALID when it is longer
 */
export async function* readBlob(session: Session, blob: Descriptor, backoff: Backoff): AsyncGenerator<Uint8Array> {
  let at = 0;
  let attempt = 0;
  let attemptStart = 0;
  while (at < blob.size || attempt === 0) {
    const answer = await session.ask({
      method: 'GET',
      target: `${session.endpoint.path}/blobs/${blob.digest}`,
      headers: at === 0 ? {} : { range: `bytes=${at}-` },
      body: null,
    });
    let skip = await startOf(session.host, blob, answer, at);
    let broken: string;
    try {
      for await (const whole of answer.body) {
        const chunk = skip > 0 ? whole.subarray(Math.min(skip, whole.length)) : whole;
        skip -= whole.length - chunk.length;
        if (chunk.length === 0) continue;
        at += chunk.length;
        if (at > blob.size) throw wrongSize(blob, 'more');
        yield chunk;
      }
      broken = `"${session.host}" ended after ${at} of ${blob.size} bytes`;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      broken = `the connection to "${session.host}" broke after ${at} of ${blob.size} bytes: ${error.message}`;
    }
    if (at === blob.size) return;
    if (at - attemptStart >= progress) attempt = 0;
    attempt += 1;
    attemptStart = at;
    if (!backoff.allows(attempt)) {
      throw new TsrunError('REGISTRY', `cannot fetch the layer ${blob.digest}`, {
        why: `${broken}, the ${attempt}th time`,
        hint: 'try again later: layers that are here are not fetched again',
      });
    }
    await backoff.wait(attempt, null, broken);
  }
}

/** How many bytes of the answer are known already. */
async function startOf(host: string, blob: Descriptor, answer: Answer, at: number): Promise<number> {
  if (answer.status === 200) {
    const length = answer.header('content-length');
    if (length === null || Number(length) === blob.size) return at;
    await answer.discard();
    throw wrongSize(blob, length);
  }
  if (answer.status !== 206 || at === 0) throw await refused(host, `cannot fetch the blob ${blob.digest}`, answer);
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range') ?? '') ?? [];
  if (Number(from) === at && (total === '*' || Number(total) === blob.size)) return 0;
  await answer.discard();
  throw new TsrunError('REGISTRY', `cannot fetch the blob ${blob.digest}`, {
    why: `"${host}" was asked for the bytes from ${at} on and answered with others`,
  });
}
