/** Makes a container that is kept: `create`, and the first half of `run -d`. */

import { closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootIsSomebodyElse } from '../../host/id-maps.ts';
import type { ReadyImage } from '../../image/image.ts';
import { signalNumber } from '../../oci/signals.ts';
import { claimCidfile } from '../cidfile.ts';
import { deviceRulesAsked } from '../config/devices.ts';
import { limitsAsked } from '../config/resources.ts';
import { withoutPrimitives } from '../config/without.ts';
import {
  type ContainerDirectory,
  claimName,
  createContainerDirectory,
  filesFor,
  isNameFree,
  keptFile,
} from '../container-directory.ts';
import { newContainerId } from '../container-id.ts';
import {
  ensureBindSources,
  type HostContext,
  hostContextForRun,
  type ImageSource,
  openRequestedImage,
  type Prepared,
  preparePlan,
  writeFiles,
} from '../prepare.ts';
import { removeContainer, sweepContainer } from '../remove-container.ts';
import { generateName } from '../request/generated-name.ts';
import type { RunRequest } from '../request/run-request.ts';
import { sayNotes } from '../said-once.ts';
import { encodeKept, type KeptRecord } from './kept-record.ts';

/** A kept container before its start: what is held until then. */
export interface MadeContainer {
  readonly directory: ContainerDirectory;
  readonly name: string;
  readonly prepared: Prepared;
  readonly kept: KeptRecord;
  /** Locks on its image and itself, for the monitor to hold. */
  readonly held: readonly number[];
}

/**
 * @throws TsrunError with nothing left behind
 */
export async function createKept(
  argument: string,
  asked: RunRequest,
  context: ImageSource & { notice(line: string): void },
): Promise<MadeContainer> {
  const request = withoutPrimitives(asked);
  ensureBindSources(request, true);
  const cidfile = request.cidfile === null ? null : claimCidfile(request.cidfile);
  const { paths } = context;
  const host = await hostContextForRun(request);
  const image = await openRequestedImage(argument, request, host.userns, context);
  const id = newContainerId();
  const held: number[] = image.type === 'layers' ? [image.lock] : [];
  let directory: ContainerDirectory | null = null;
  try {
    const name = request.name ?? generateName((candidate) => !isNameFree(paths, candidate));
    const prepared = preparePlan({ request, image, id, paths, files: filesFor(paths, id), context: host });
    sayNotes(prepared.notes, {
      paths,
      insisted: limitsAsked(request) || deviceRulesAsked(request),
      notice: context.notice,
    });
    directory = await createContainerDirectory(
      paths,
      { version: 1, id, name, cgroup: prepared.cgroup, userns: host.userns },
      context.signal,
    );
    held.push(directory.lock);
    await claimName(paths, name, id, (holder) => sweepContainer(paths, holder));
    const kept = keptRecord({ argument, request, image, prepared });
    writeFileSync(join(directory.path, keptFile), encodeKept(kept), { mode: 0o600 });
    await fillContainer(directory, request, host, context.signal);
    cidfile?.write(id);
    return { directory, name, prepared, kept, held };
  } catch (error) {
    cidfile?.giveUp();
    if (directory !== null) await removeContainer(paths, id).catch(() => {});
    for (const fd of held) closeSync(fd);
    throw error;
  }
}

/** The files of /etc, and whose the writable layer is. */
async function fillContainer(
  directory: ContainerDirectory,
  request: RunRequest,
  { userns }: HostContext,
  signal: AbortSignal,
): Promise<void> {
  writeFiles(directory, request, directory.id, userns);
  if (rootIsSomebodyElse(userns)) {
    await (await import('../writable-layer.ts')).giveToRootInside(directory, userns, signal);
  }
}

function keptRecord(from: {
  readonly argument: string;
  readonly request: RunRequest;
  readonly image: ReadyImage;
  readonly prepared: Prepared;
}): KeptRecord {
  const { argument, request, image, prepared } = from;
  const { config } = image;
  const id = image.type === 'layers' ? image.id : null;
  return {
    created: new Date().toISOString(),
    image: {
      argument: image.type === 'layers' ? image.id : image.path,
      name: (image.type === 'layers' ? image.names[0] : undefined) ?? argument,
      id,
    },
    command: prepared.config.process?.args ?? [],
    user: request.user ?? config.user,
    stopSignal: request.stopSignal ?? signalNumber(config.stopSignal ?? 'SIGTERM') ?? sigterm,
    removal: request.remove ? 'at-end' : 'by-hand',
    request,
  };
}

const sigterm = 15;
