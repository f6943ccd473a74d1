import { expect, test } from 'vitest';
import { sha256 } from '../digest.ts';
import { verifyBlob } from './verified-blob.ts';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
async function collect(blob: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of blob) text += Buffer.from(chunk).toString();
  return text;
}
const invalid = expect.objectContaining({ code: 'IMAGE_INVALID' });

test('a blob as promised passes unchanged', async () => {
  expect(await collect(verifyBlob(chunks('ab', 'c'), { digest: sha256('abc'), size: 3 }))).toBe('abc');
});

test('a blob with another content fails at its end', async () => {
  await expect(collect(verifyBlob(chunks('abd'), { digest: sha256('abc'), size: 3 }))).rejects.toThrow(invalid);
});

test('a blob that is too short fails', async () => {
  await expect(collect(verifyBlob(chunks('ab'), { digest: sha256('ab'), size: 3 }))).rejects.toThrow(invalid);
});

test('a blob that is too long fails as soon as it is', async () => {
  let more = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      more += 1;
      yield Buffer.alloc(10);
    }
  }
  await expect(collect(verifyBlob(endless(), { digest: sha256(''), size: 25 }))).rejects.toThrow(invalid);
  expect(more).toBe(3);
});
