/** The writable layer of a container whose root is neither its maker nor an id of root's to give away. */
import { rmdirSync } from 'node:fs';
import { applyLayer } from '../image/layer/apply-layer.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { ContainerFiles } from './container-directory.ts';

/** An archive without entries: two zero blocks. */
async function* emptyArchive(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1024);
}

/**
 * With keep-id root inside is a subordinate id, to whom an ordinary user may give nothing: the workbench makes the directory
 * anew, inside the user namespace.
 */
export async function giveToRootInside(
  files: ContainerFiles,
  userns: UserNamespace,
  signal: AbortSignal,
): Promise<void> {
  rmdirSync(files.upper);
  await applyLayer({
    blob: emptyArchive(),
    diffId: null,
    target: files.upper,
    split: null,
    lower: Promise.resolve([]),
    mapping: userns,
    limits: { maxBytes: 1024, maxEntries: 0 },
    signal,
  });
}
