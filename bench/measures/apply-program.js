// Run by apply.js with { target, layers, how } as JSON: unpacks the layers and prints the milliseconds that it took.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { applyLayer } from '../../dist/lib/image/layer/apply-layer.js';

/** @type {{ target: string, layers: { path: string, digest: string }[], how: 'in turn' | 'together' }} */
const { target, layers, how } = JSON.parse(process.argv[2] ?? '');

/**
 * @param {{ path: string, digest: string }} layer
 * @param {number} index
 * @param {Promise<readonly string[]>} lower
 */
async function unpack({ path, digest }, index, lower) {
  const directory = join(target, String(index));
  await applyLayer({
    blob: createReadStream(path, { highWaterMark: 1 << 20 }),
    diffId: /** @type {any} */ (digest),
    target: directory,
    split: `${directory}.split`,
    lower,
    mapping: { type: 'host' },
    limits: { maxBytes: 2 ** 40, maxEntries: 1e7 },
    signal: new AbortController().signal,
  });
  return directory;
}

const begin = performance.now();
/** @type {Promise<readonly string[]>} */
let below = Promise.resolve([]);
for (const [index, layer] of layers.entries()) {
  const lower = below;
  const task = unpack(layer, index, lower);
  below = Promise.all([task, lower]).then(([directory, lowest]) => [directory, ...lowest]);
  if (how === 'in turn') await task;
}
await below;
process.stdout.write(String(performance.now() - begin));
