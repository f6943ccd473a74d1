/** A new container up to its launch: image, plan, directory, name and files. The road of `run` and of `create`. */

import { closeSync } from 'node:fs';
import { rootIsSomebodyElse } from '../host/id-maps.ts';
import type { Paths } from '../host/paths.ts';
import type { ReadyImage } from '../image/image.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import { withoutPrimitives } from './config/without.ts';
import {
  type ContainerDirectory,
  claimName,
  createContainerDirectory,
  filesFor,
  isNameFree,
} from './container-directory.ts';
import { containerEvents, type EventActor } from './container-events.ts';
import { newContainerId } from './container-id.ts';
import {
  ensureBindSources,
  hostContextForRun,
  type ImageSource,
  openRequestedImage,
  type Prepared,
  preparePlan,
  writeFiles,
} from './prepare.ts';
import { removeContainer, sweepContainer } from './remove-container.ts';
import { publishExposed } from './request/exposed-ports.ts';
import { generateName } from './request/generated-name.ts';
import type { ContainerName, RunRequest } from './request/run-request.ts';
import { resolveJoins } from './resolve-joins.ts';
import { sayNotes } from './said-once.ts';
import { withVolumes } from './volumes/with-volumes.ts';

export interface NewContainer {
  readonly directory: ContainerDirectory;
  readonly name: string;
  /** As it was carried out: what was left out is not in it. */
  readonly request: RunRequest;
  readonly image: ReadyImage;
  readonly prepared: Prepared;
  readonly userns: UserNamespace;
  /** As events name it. */
  readonly actor: EventActor;
  /** Locks on its image and itself, for the monitor to hold. */
  readonly held: number[];
}

/**
 * @throws TsrunError with nothing left behind
 */
export async function newContainer(
  argument: string,
  asked: RunRequest,
  context: ImageSource & { notice(line: string): void },
): Promise<NewContainer> {
  const whole = withoutPrimitives(asked);
  ensureBindSources(whole, true);
  const { paths } = context;
  const host = await hostContextForRun(whole);
  const image = await openRequestedImage(argument, whole, host.userns, context);
  const id = newContainerId();
  const held: number[] = image.type === 'layers' ? [image.lock] : [];
  let directory: ContainerDirectory | null = null;
  try {
    const { request, volumes, uses } = await withVolumes(publishExposed(whole, image.config), image.config, paths);
    const resolved = await resolveJoins(paths, id, request, host.userns);
    const isTaken = (candidate: ContainerName): boolean => !isNameFree(paths, candidate);
    const name = request.name ?? generateName(isTaken);
    const life = request.detach ? 'own' : 'command';
    const prepared = preparePlan({
      request: resolved,
      image,
      id,
      paths,
      files: filesFor(paths, id),
      context: host,
      life,
    });
    sayNotes(prepared, request, context);
    directory = await createContainerDirectory(
      paths,
      { version: 1, id, name, cgroup: prepared.cgroup, userns: host.userns, volumes: uses },
      context.signal,
    );
    held.push(directory.lock);
    await claimName(paths, name, id, (holder) => sweepContainer(paths, holder));
    if (volumes.length > 0) {
      const { prepareVolumes } = await import('./volumes/prepare-volumes.ts');
      await prepareVolumes(volumes, image, { paths, signal: context.signal, userns: host.userns });
    }
    writeFiles(directory, resolved, id, host.userns);
    // Loaded here: few containers need it.
    if (rootIsSomebodyElse(host.userns)) {
      await (await import('./writable-layer.ts')).giveToRootInside(directory, host.userns, context.signal);
    }
    const actor = { id, name, image: imageName(argument, image), labels: request.labels };
    containerEvents(paths, actor, ['create']);
    return { directory, name, request, image, prepared, userns: host.userns, actor, held };
  } catch (error) {
    await discard(paths, { directory, held });
    throw error;
  }
}

/** As a person knows it. */
const imageName = (argument: string, image: ReadyImage): string =>
  (image.type === 'layers' ? image.names[0] : undefined) ?? argument;

/** What went wrong first is what the person wants to know; what cannot be removed now is the next command's to sweep. */
export async function discard(
  paths: Paths,
  { directory, held }: { readonly directory: ContainerDirectory | null; readonly held: readonly number[] },
): Promise<void> {
  if (directory !== null) await removeContainer(paths, directory.id, 'anonymous-volumes-too').catch(() => {});
  for (const fd of held) closeSync(fd);
}
