/** `rename`: another name for a container, whether it runs or not. */
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { claimName, readRecord, recordFile, releaseName } from '../container-directory.ts';
import { actorFile, containerEvents, monitorEvents } from '../container-events.ts';
import { endpointsOf } from '../network-holder.ts';
import { sweepContainer } from '../remove-container.ts';
import type { ContainerName } from '../request/run-request.ts';
import { writeTogether } from '../state/oci-directory.ts';
import { changeFiles } from './change-files.ts';
import { actorOf, type KeptContainer } from './kept-container.ts';

/**
 * The new name is taken first, then written down, then the old one given back: a command that is killed in between leaves the
 * container with one of the two, and the other is free for whoever asks for it.
 *
 * @throws TsrunError NAME_IN_USE, also when that is its name
 */
export async function renameKept(paths: Paths, container: KeptContainer, name: ContainerName): Promise<void> {
  await changeFiles(container, async () => {
    const { id, path } = container;
    const record = readRecord(path);
    if (record === null) throw new TsrunError('CONTAINER_NOT_FOUND', `no such container: ${container.name}`);
    if (record.name === name) {
      throw new TsrunError('NAME_IN_USE', `cannot rename container "${name}"`, { why: 'that is its name already' });
    }
    await claimName(paths, name, id, (holder) => sweepContainer(paths, holder));
    const actor = { ...actorOf(container), name };
    const files = [
      { path: join(path, recordFile), text: JSON.stringify({ ...record, name }) },
      { path: join(path, actorFile), text: monitorEvents(paths, actor, []).attributes },
    ];
    try {
      writeTogether(files, 0o600);
    } catch (error) {
      await releaseName(paths, name, id);
      throw error;
    }
    await releaseName(paths, record.name, id);
    containerEvents(paths, actor, ['rename', { oldName: `/${record.name}` }]);
    const networks = endpointsOf(paths, id).map(({ network }) => network);
    // Loaded here: few containers are on networks.
    if (networks.length > 0) await (await import('../network-names.ts')).updateNames(paths, networks);
  });
}
