/** `export`: the root filesystem of a container as an archive. */
import { writeOutputFile } from '../../host/output-file.ts';
import type { Paths } from '../../host/paths.ts';
import { containerEvents } from '../container-events.ts';
import { actorOf, type KeptContainer } from '../kept/kept-container.ts';
import { ArchiveJob } from './archive-job.ts';
import { openView } from './container-view.ts';
import { endOf } from './copy.ts';

interface Context {
  readonly paths: Paths;
  readonly signal: AbortSignal;
}

/**
 * Writes it to a descriptor. Where something is mounted stands what is below the mount.
 *
 * @returns how many sockets were left out
 * @throws TsrunError COPY_FAILED, CONTAINER_NOT_FOUND, ABORTED
 */
export async function exportTo(container: KeptContainer, to: number, { paths, signal }: Context): Promise<number> {
  using view = await openView(paths, container, 'root', signal);
  const leftOut = await endOf(
    new ArchiveJob('pack', view, ['/', '', 'target'], to),
    `export "${container.name}"`,
    signal,
  );
  containerEvents(paths, actorOf(view.container), ['export']);
  return leftOut;
}

/**
 * Writes it to a file, which is there when all of it is.
 *
 * @throws TsrunError as {@link exportTo}
 */
export const exportToFile = (container: KeptContainer, file: string, context: Context): Promise<number> =>
  writeOutputFile(file, (fd) => exportTo(container, fd, context));
