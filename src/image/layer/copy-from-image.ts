/** Copying what an image has at a path to a volume that is empty, docker's copy-up. */
import { errnoName } from '../../errors/errno.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { failureError } from './failure.ts';
import { Workbench } from './workbench.ts';

export interface ImageCopy {
  /** Directory of the volume; native/workbench/fill.cc says what is in it. */
  readonly volume: string;
  /** Absolute path in the image; links in it stay inside. */
  readonly source: string;
  /** Bottom first; none: only a copy that was interrupted is brought to its end. */
  readonly layers: readonly string[];
  /** Whose ids the layers have. */
  readonly mapping: UserNamespace;
}

/**
 * Contents, owners, modes, times, extended attributes and hard links. Nothing happens when the volume is not empty, or the image
 * has nothing there.
 *
 * @throws TsrunError IMAGE_UNSUPPORTED when the image has a file there; STORE
 */
export async function copyFromImage({ volume, source, layers, mapping }: ImageCopy): Promise<void> {
  const bench = new Workbench({
    job: ['workbench', 'fill'],
    mapping,
    words: [volume, source, ...layers.toReversed()],
    writes: false,
    process: null,
  });
  const reply = await bench.reply();
  await bench.finished();
  if (reply.type === 'done') return;
  if (reply.type === 'failure' && reply.at === 'image-path') throw sourceError(source, errnoName(reply.errno));
  if (reply.type === 'failure' && reply.at === 'image') {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot mount the image to copy files from it to a volume', {
      why: `"${reply.path}": ${errnoName(reply.errno)}`,
      hint: 'see "tsrun doctor"; the volume option nocopy copies nothing',
    });
  }
  if (reply.type !== 'failure' && reply.type !== 'death') throw new Error(`the workbench answers "${reply.type}"`);
  throw failureError(reply, volume);
}

function sourceError(source: string, errno: string): TsrunError {
  const why: Readonly<Record<string, string>> = {
    ENOTDIR: 'the image has a file there, and a volume is a directory',
    ELOOP: 'its links in the image lead nowhere',
  };
  return new TsrunError('IMAGE_UNSUPPORTED', `cannot mount a volume at "${source}"`, {
    why: `${why[errno] ?? 'it cannot be opened in the image'} (${errno})`,
    hint: 'mount the volume at another place',
  });
}
