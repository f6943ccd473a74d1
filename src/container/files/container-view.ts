/** A container's files, running or not, as native/files/view.h opens them; nobody changes its state meanwhile. */
import { closeSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Paths } from '../../host/paths.ts';
import type { ReadyImage } from '../../image/image.ts';
import { openImage } from '../../image/open-image.ts';
import { addon } from '../../native/addon.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { filesFor } from '../container-directory.ts';
import { imageLimits } from '../image-limits.ts';
import { foreignNamespaces } from '../joined-namespaces.ts';
import { type KeptContainer, readKept } from '../kept/kept-container.ts';
import { lockKept } from '../kept/lock.ts';
import { isProcess } from '../kept/monitor-files.ts';
import { mountWords } from './view-mounts.ts';

export interface OpenedView extends Disposable {
  readonly container: KeptContainer;
  /** What the native part is to open. */
  readonly words: readonly string[];
  /** The user namespace it is to make for that. */
  readonly mapping: UserNamespace;
  /** A pidfd of PID 1 when it runs, else null. */
  readonly process: number | null;
}

/** What is wanted of a container. */
export type ViewOf =
  /** All it sees, with its volumes, to be read. */
  | 'files'
  /** The same to be written. */
  | 'files-writable'
  /** Its root filesystem, without what is mounted on it. */
  | 'root'
  /** What its writable layer changes. */
  | 'changes';

/** The caller's own view of the machine. */
export const hostView = { words: ['host'], mapping: { type: 'host' }, process: null } as const;

/** @throws TsrunError CONTAINER_NOT_FOUND when it is removed meanwhile; STORE, IMAGE_* when its image cannot be used */
export async function openView(
  paths: Paths,
  found: KeptContainer,
  wanted: ViewOf,
  signal: AbortSignal,
): Promise<OpenedView> {
  for (;;) {
    const locked = await lockKept(paths, found);
    if (locked !== null) return await storedView(paths, locked.container, wanted, locked.lock, signal);
    const container = readKept(paths, found.id);
    const live = container === null ? null : await liveView(paths, container, wanted, signal);
    if (live !== null) return live;
    // It has just ended, and its monitor is about to say so.
    await setTimeout(20, undefined, { signal });
  }
}

async function liveView(
  paths: Paths,
  container: KeptContainer,
  wanted: ViewOf,
  signal: AbortSignal,
): Promise<OpenedView | null> {
  const { state } = container;
  if (state.status !== 'running' && state.status !== 'paused') return null;
  if (wanted === 'changes') return await storedView(paths, container, wanted, null, signal);
  const { pid } = state.running.process;
  const pidfd = openProcess(pid);
  if (pidfd === null) return null;
  // Asked once the number can mean no other process any more.
  if (!isProcess(state.running.process)) {
    closeSync(pidfd);
    return null;
  }
  const foreign = foreignNamespaces(pid);
  return {
    container,
    words: [
      wanted === 'root' ? 'live-root' : 'live',
      String(pid),
      foreign.includes('user') ? 'user' : '-',
      foreign.includes('mount') ? 'mount' : '-',
    ],
    mapping: { type: 'host' },
    process: pidfd,
    [Symbol.dispose]: () => closeSync(pidfd),
  };
}

function openProcess(pid: number): number | null {
  try {
    return addon().pidfdOpen(pid);
  } catch {
    return null;
  }
}

/** Its layers are put together for the one who looks. */
async function storedView(
  paths: Paths,
  container: KeptContainer,
  wanted: ViewOf,
  lock: number | null,
  signal: AbortSignal,
): Promise<OpenedView> {
  const held = lock === null ? [] : [lock];
  const release = (): void => {
    for (const fd of held) closeSync(fd);
  };
  try {
    const { userns } = container.record;
    const image = await openImageOf(paths, container, signal);
    if (image.type === 'layers') held.push(image.lock);
    const layers = image.type === 'layers' ? [...image.layers].reverse() : [image.path];
    const files = filesFor(paths, container.id);
    const marks = userns.type === 'new' ? 'user' : 'trusted';
    const { request } = container.kept;
    const mounts = wanted === 'files' || wanted === 'files-writable' ? mountWords(request, container.record) : [];
    // A place to mount on may have to be made first, as at a start.
    const access = wanted === 'files-writable' || mounts.length > 0 ? 'rw' : 'ro';
    return {
      container,
      words:
        wanted === 'changes'
          ? ['changes', marks, files.upper, ...layers]
          : ['merged', access, marks, files.upper, files.work, ...layers, ...mounts],
      mapping: userns,
      process: null,
      [Symbol.dispose]: () => {
        // Overlay's own directory; root's would be in the way of a container with other ids.
        if (access === 'rw') removeIfEmpty(join(files.work, 'work'));
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** What it was made from, for its ids. */
export const openImageOf = (paths: Paths, container: KeptContainer, signal: AbortSignal): Promise<ReadyImage> =>
  openImage(container.kept.image.argument, {
    paths,
    mapping: container.record.userns,
    platform: null,
    pull: 'missing',
    limits: imageLimits,
    get stdin(): never {
      throw new Error('the image of a container is not read from standard input');
    },
    onProgress: () => undefined,
    signal,
  });

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // The next mount clears it.
  }
}
