/** Manifests: the documents that a registry gives by name, distribution-spec "Pulling manifests". */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { isDigest, sha256 } from '../digest.ts';
import type { Descriptor } from '../document/descriptor.ts';
import { documentKind } from '../document/media-type.ts';
import type { Digest } from '../image.ts';
import { readAll, refused } from './registry-error.ts';
import type { Session } from './session.ts';
import type { Answer } from './transport.ts';

/** What registries accept at the least (distribution-spec "Pushing Manifests"), and no honest one gives more. */
const maxManifestBytes = 4 * 1024 * 1024;

/** The old format is asked for by nobody: who gives it all the same is told so. */
const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/**
 * Reads an index or a manifest.
 *
 * @param version a tag or a digest
 * @param name the image as errors call it
 * @throws TsrunError IMAGE_NOT_FOUND, REGISTRY_DENIED, REGISTRY, IMAGE_INVALID when it is not what was asked for
 */
export async function readManifest(session: Session, version: string, name: string): Promise<FetchedManifest> {
  const answer = await session.ask({
    method: 'GET',
    target: `${session.endpoint.path}/manifests/${version}`,
    headers: { accept },
    body: null,
  });
  if (answer.status !== 200) throw await refused(session.host, `cannot pull "${name}"`, answer);
  const length = Number(answer.header('content-length') ?? 0);
  const bytes = length > maxManifestBytes ? null : await wholeOf(answer, session.host, name);
  if (bytes === null) {
    await answer.discard();
    throw new TsrunError('IMAGE_INVALID', `cannot read the manifest of "${name}"`, {
      why: `"${session.host}" gives more than ${maxManifestBytes} bytes, and no manifest is longer than that`,
    });
  }
  const digest = sha256(bytes);
  checkDigest(digest, isDigest(version) ? version : answer.header('docker-content-digest'), session.host, name);
  const mediaType = mediaTypeOf(answer, bytes);
  return { descriptor: { mediaType, digest, size: bytes.length, annotations: {}, platform: null }, bytes };
}

/** null: it is too long. */
async function wholeOf(answer: Answer, host: string, name: string): Promise<Uint8Array | null> {
  try {
    return await readAll(answer.body, maxManifestBytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw new TsrunError('REGISTRY', `cannot read the manifest of "${name}"`, {
      why: `the connection to "${host}" broke: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    });
  }
}

function checkDigest(actual: Digest, promised: string | null, host: string, name: string): void {
  // Another algorithm than ours cannot be checked; what the descriptors in the document say is checked all the same.
  if (promised === null || !promised.startsWith('sha256:') || promised === actual) return;
  throw new TsrunError('IMAGE_INVALID', `cannot use the manifest of "${name}"`, {
    why: `"${host}" calls it ${promised.slice(0, 100)}, its contents have the digest ${actual}`,
    hint: 'somebody changed it on the way or in the registry: do not use it',
  });
}

/** What the answer says it is; of a type that says nothing (some servers give files as they are), what the document says. */
function mediaTypeOf(answer: Answer, bytes: Uint8Array): string {
  const said = (answer.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (documentKind(said) !== null || /^application\/vnd\./.test(said)) return said;
  try {
    const own = (JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown> | null)?.['mediaType'];
    return typeof own === 'string' ? own : '';
  } catch {
    return '';
  }
}
