/** `diff`: what a container changed of its image. */
import type { Paths } from '../../host/paths.ts';
import type { KeptContainer } from '../kept/kept-container.ts';
import { configIfStarted } from '../kept/read-config.ts';
import { ArchiveJob } from './archive-job.ts';
import { openView } from './container-view.ts';
import { endOf } from './copy.ts';

export interface FileChange {
  readonly kind: 'A' | 'C' | 'D';
  /** Absolute, a byte string. */
  readonly path: string;
}

/**
 * Added, changed and deleted files, every directory before what is in it.
 *
 * @throws TsrunError COPY_FAILED, CONTAINER_NOT_FOUND, ABORTED
 * @example await diff(container, { paths, signal }) // [{ kind: 'C', path: '/etc' }, { kind: 'A', path: '/etc/new' }]
 */
export async function diff(
  container: KeptContainer,
  { paths, signal }: { readonly paths: Paths; readonly signal: AbortSignal },
): Promise<readonly FileChange[]> {
  using view = await openView(paths, container, 'changes', signal);
  const job = new ArchiveJob('diff', view, mountPoints(view.container), null);
  const list = job.output.toArray() as Promise<Buffer[]>;
  // The end of the process says what was wrong.
  list.catch(() => undefined);
  await endOf(job, `compare "${container.name}" with its image`, signal);
  const records = Buffer.concat(await list)
    .toString('latin1')
    .split('\0')
    .slice(0, -1);
  return records.map((record) => ({ kind: record[0] as FileChange['kind'], path: `/${record.slice(1)}` }));
}

/**
 * What was made in the writable layer to mount on: docker keeps it apart too. What the person mounts is a change, as there.
 *
 * @returns relative paths, with those of the directories above
 */
export function mountPoints(container: KeptContainer): readonly string[] {
  const asked = new Set(container.kept.request.mounts.map(({ target }) => target));
  const own = (configIfStarted(container.path)?.mounts ?? []).map(({ destination }) => destination);
  const all = new Set<string>();
  for (const destination of own) {
    if (asked.has(destination)) continue;
    for (let at = destination.slice(1); at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) all.add(at);
  }
  return [...all];
}
