/** The tags of a repository: distribution-spec "Listing Tags". */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { RegistryAccess } from './access.ts';
import { Connection, type Times, times } from './connect.ts';
import { readAll, refused } from './registry-error.ts';
import { type RemoteImage, readRemoteImage, repositoryName, versionText } from './remote-image.ts';
import type { OnWait } from './retry.ts';
import type { Session } from './session.ts';
import { parseUrl } from './url.ts';

const maxPageBytes = 4 * 1024 * 1024;
/** Of a list that goes on for ever. */
const maxPages = 1000;

/**
 * Every tag that the registry itself has of a repository, as images to pull, sorted.
 *
 * @throws TsrunError IMAGE_NOT_FOUND, REGISTRY, REGISTRY_DENIED, IMAGE_INVALID for a list that is none
 */
export async function listTags(
  { repository }: Pick<RemoteImage, 'repository'>,
  access: RegistryAccess,
  ctx: { readonly signal: AbortSignal; readonly onWait: OnWait },
  given: Times = times,
): Promise<readonly RemoteImage[]> {
  await using connection = new Connection(access, ctx.signal, ctx.onWait, given);
  const session = connection.pullSession(connection.registry(repository));
  const name = repositoryName(repository);
  const images: RemoteImage[] = [];
  let target: string | URL | null = `${session.endpoint.path}/tags/list`;
  for (let pages = 1; target !== null; pages += 1) {
    if (pages > maxPages) throw badList(name, `it goes on after ${maxPages} pages`);
    const page: Page = await readPage(session, target, name);
    for (const tag of page.tags) {
      const image = typeof tag === 'string' ? readRemoteImage(`${name}:${tag}`) : null;
      if (image?.version.type !== 'tag') throw badList(name, 'what it has is no tag');
      images.push(image);
    }
    target = page.next;
  }
  // Lexical order is the specification's, and not every registry's.
  return images.sort((a, b) => (versionText(a) < versionText(b) ? -1 : 1));
}

interface Page {
  readonly tags: readonly unknown[];
  /** null: it is the last. */
  readonly next: URL | null;
}

async function readPage(session: Session, target: string | URL, name: string): Promise<Page> {
  const answer = await session.ask({ method: 'GET', target, headers: {}, body: null });
  if (answer.status !== 200) throw await refused(session.host, `cannot list the tags of "${name}"`, answer);
  const here = target instanceof URL ? target : await session.url(target);
  const next = nextPage(here, answer.header('link'));
  if (next !== null && next.origin !== here.origin) throw badList(name, 'it goes on at another host');
  let document: unknown;
  try {
    document = JSON.parse((await readAll(answer.body, maxPageBytes)).toString('utf8'));
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) throw badList(name, error.message);
    throw error;
  }
  const tags = typeof document === 'object' && document !== null && 'tags' in document ? document.tags : undefined;
  // Some have null for none.
  if (tags === null) return { tags: [], next };
  if (!Array.isArray(tags)) throw badList(name, 'it has no "tags"');
  return { tags, next };
}

/** `Link: </v2/name/tags/list?n=100&last=b>; rel="next"`, RFC 8288. */
function nextPage(here: URL, link: string | null): URL | null {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next\b/.exec(link ?? '') ?? [];
  return target === undefined ? null : parseUrl(target, here);
}

const badList = (name: string, why: string): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot use the registry's list of the tags of "${name}"`, {
    why,
    hint: 'pull the tags that you need one by one',
  });
