/** `commit`: an image of what a container changed. */
import { closeSync, readFileSync } from 'node:fs';
import type { Paths } from '../../host/paths.ts';
import { chainIds } from '../../image/chain-id.ts';
import type { Digest } from '../../image/image.ts';
import { prepareStore } from '../../image/prepare-store.ts';
import type { Reference } from '../../image/reference.ts';
import { syntheticConfig } from '../../image/rootfs/synthetic-config.ts';
import { syncStore } from '../../image/store/durability.ts';
import { blobPath, readImageRecord } from '../../image/store/image-record.ts';
import { findLayer } from '../../image/store/layer-record.ts';
import { type StoreLayout, storeLayout } from '../../image/store/layout.ts';
import { type LayersBelow, storeWithNewLayer } from '../../image/store/store-new-layer.ts';
import { containerEvents } from '../container-events.ts';
import { ArchiveJob } from '../files/archive-job.ts';
import { type OpenedView, openView } from '../files/container-view.ts';
import { mountPoints } from '../files/diff.ts';
import { filesError } from '../files/files-error.ts';
import { imageLimits } from '../image-limits.ts';
import { actorOf, type KeptContainer, readKept } from '../kept/kept-container.ts';
import { pauseKept, unpauseKept } from '../kept/pause-kept.ts';
import { changeConfig } from './change-config.ts';
import { type CommitWords, committedDocument } from './committed-document.ts';

export interface CommitRequest extends CommitWords {
  /** null: an image that has its id alone. */
  readonly name: Reference | null;
  /** Whether its processes stand still while their files are read. */
  readonly pause: boolean;
}

export interface CommitContext {
  readonly paths: Paths;
  readonly signal: AbortSignal;
  notice(line: string): void;
}

/**
 * The image's layers, and on top of them what the container's writable layer changes. The image is on the disk when this
 * resolves: there is no file that it could be read from again.
 *
 * @returns the image's id
 * @throws TsrunError USAGE for a change that is none, COPY_FAILED, STORE, CONTAINER_NOT_FOUND, ABORTED
 */
export async function commit(
  container: KeptContainer,
  request: CommitRequest,
  context: CommitContext,
): Promise<Digest> {
  // What is wrong with them is said before anything is stopped or written.
  changeConfig({}, request.changes);
  return await whilePaused(container, request.pause, context, () => store(container, request, context));
}

async function store(found: KeptContainer, request: CommitRequest, { paths, signal }: CommitContext): Promise<Digest> {
  const layout = storeLayout(paths);
  prepareStore(layout);
  const { id } = found.kept.image;
  // A directory has no layers: all that the container sees of it is the one layer of the new image.
  using view = await openView(paths, found, id === null ? 'root' : 'changes', signal);
  const { container } = view;
  const mapping = container.record.userns;
  const below = id === null ? nothing : layersBelow(layout, id as Digest, view);
  const task = `commit "${container.name}"`;
  const job =
    id === null
      ? new ArchiveJob('pack', view, ['/', '', 'target'], null)
      : new ArchiveJob('layer', view, mountPoints(container), null);
  try {
    const image = await storeWithNewLayer(
      layout,
      below,
      {
        blob: checked(job, task),
        size: null,
        what: `the changes of "${container.name}"`,
        describe: (diffId) => committedDocument(below.config, container, request, diffId, new Date()),
      },
      { names: request.name === null ? [] : [request.name], policy: 'take', source: null },
      { mapping, limits: imageLimits, signal, onProgress: () => undefined },
    );
    closeSync(image.lock);
    await syncStore(layout);
    const { message: comment, name } = request;
    containerEvents(paths, actorOf(container), [
      'commit',
      { imageID: image.id, imageRef: name ?? '', comment: comment ?? '' },
    ]);
    return image.id;
  } catch (error) {
    await job.kill();
    throw error;
  }
}

type Below = LayersBelow & { readonly config: Uint8Array };

const nothing: Below = {
  layers: [],
  paths: [],
  get config() {
    const { architecture, os, env, cmd } = syntheticConfig(null);
    return Buffer.from(JSON.stringify({ architecture, os, config: { Env: env, Cmd: cmd } }));
  },
};

/** The view holds the image: its layers stay. */
function layersBelow(layout: StoreLayout, id: Digest, { container }: OpenedView): Below {
  const record = readImageRecord(layout, id);
  if (record === null) throw new Error(`the image ${id} of a container is gone`);
  const chain = chainIds(record.layers.map(({ diffId }) => diffId));
  const found = chain.map((chainId) => findLayer(layout, chainId, container.record.userns));
  const paths = found.filter((path) => path !== null);
  if (paths.length !== found.length) throw new Error(`layers of the image ${id} are gone`);
  return { layers: record.layers, paths, config: readFileSync(blobPath(layout, id)) };
}

/** What went wrong with reading is known when the archive is over, and an archive that broke off is no layer. */
async function* checked(job: ArchiveJob, task: string): AsyncGenerator<Buffer> {
  for await (const chunk of job.output as AsyncIterable<Buffer>) yield chunk;
  const failure = await job.failure();
  if (failure !== null) throw filesError(failure, task);
}

/** One that stands still already stays so. */
async function whilePaused<T>(
  container: KeptContainer,
  pause: boolean,
  { paths, notice }: CommitContext,
  act: () => Promise<T>,
): Promise<T> {
  if (!pause || container.state.status !== 'running') return await act();
  if (container.record.cgroup === null) {
    notice(`"${container.name}" goes on meanwhile: without a control group it cannot be paused`);
    return await act();
  }
  await pauseKept(paths, container);
  try {
    return await act();
  } finally {
    // It may have been ended meanwhile, by somebody else.
    const now = readKept(paths, container.id);
    if (now?.state.status === 'paused') await unpauseKept(paths, now);
  }
}
