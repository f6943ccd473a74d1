/** Notes in an image's record that a registry has it, by a manifest that may be another than it came by. */
import type { Digest } from '../image.ts';
import { blobPath, readImageRecord, writeImageRecord } from './image-record.ts';
import { writeAtomically } from './json-file.ts';
import type { StoreLayout } from './layout.ts';
import { markPending } from './pending.ts';
import { mergeSources } from './store-image.ts';

/** The caller holds the image. */
export function rememberRegistry(
  layout: StoreLayout,
  id: Digest,
  { repository, digest, bytes }: { readonly repository: string; readonly digest: Digest; readonly bytes: Uint8Array },
): void {
  const mark = markPending(layout);
  try {
    const record = readImageRecord(layout, id);
    if (record === null) return;
    writeAtomically(layout, blobPath(layout, digest), bytes);
    writeImageRecord(layout, { ...record, sources: mergeSources({ repository, digest }, record.sources) });
  } finally {
    mark.done();
  }
}
