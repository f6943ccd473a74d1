import { expect, test } from 'vitest';
import { changingLines, jsonLines, plainLines, pullWords, pushWords } from './layer-progress.ts';

function surface() {
  const written: string[] = [];
  const clock = { now: 0 };
  return {
    written,
    clock,
    columns: 60,
    rows: 24,
    now: () => clock.now,
    write: (text: string) => void written.push(text),
  };
}

const start = {
  type: 'start',
  layers: [
    { name: 'aaaa', bytes: 1000 },
    { name: 'bbbb', bytes: 2000 },
  ],
} as const;

test('plain: a line when a layer begins, now and then, and at its end', () => {
  const to = surface();
  const { onProgress } = plainLines(to, pullWords);
  onProgress(start);
  onProgress({ type: 'layer', index: 1, read: 200, total: 2000 });
  to.clock.now = 1000;
  onProgress({ type: 'layer', index: 1, read: 400, total: 2000 });
  to.clock.now = 6000;
  onProgress({ type: 'layer', index: 1, read: 2000, total: 2000 });
  onProgress({ type: 'layer-done', index: 1, how: 'unpacked' });
  onProgress({ type: 'layer-done', index: 0, how: 'already-there' });
  expect(to.written).toEqual([
    'bbbb: downloading 200B of 2kB',
    'bbbb: extracting 2kB of 2kB, 333B/s',
    'bbbb: pulled 2kB of 2kB, 333B/s',
    'aaaa: already here',
  ]);
});

test('json: an object for each change of state, and no more than ten a second between', () => {
  const to = surface();
  const { onProgress } = jsonLines(to, pushWords);
  onProgress(start);
  for (let read = 0; read <= 1000; read += 10) {
    to.clock.now += 1;
    onProgress({ type: 'layer', index: 0, read, total: 0 });
  }
  onProgress({ type: 'layer-done', index: 0, how: 'pushed' });
  onProgress({ type: 'wait', milliseconds: 500, why: 'it is busy' });
  expect(to.written.map((line) => JSON.parse(line) as object)).toEqual([
    { layer: 'aaaa', state: 'uploading', bytes: 0, total: 1000 },
    { layer: 'aaaa', state: 'uploading', bytes: 1000, total: 1000 },
    { layer: 'aaaa', state: 'pushed', bytes: 1000, total: 1000 },
    { wait: 'it is busy', milliseconds: 500 },
  ]);
});

test('on a terminal every layer has a line, drawn over, which fits', () => {
  const to = surface();
  const { onProgress, close } = changingLines(to, pullWords);
  onProgress(start);
  to.clock.now = 1000;
  onProgress({ type: 'layer', index: 0, read: 500, total: 1000 });
  to.clock.now = 2000;
  onProgress({ type: 'layer', index: 0, read: 800, total: 1000 });
  close();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const lines = to.written.map((text) => text.replaceAll(/\u001b\[[?0-9]*[a-zA-Z]/g, '').split('\n'));
  expect(lines[0]).toEqual(['aaaa  waiting', 'bbbb  waiting', '']);
  expect(lines[2]?.[0]).toMatch(/^aaaa {2}downloading {3}800B of 1kB, 800B\/s {2}\[#+\.+\]$/);
  expect(lines.flat().every((line) => line.length < 60)).toBe(true);
  expect(to.written[1]).toContain('\u001b[2F');
  expect(to.written.at(-1)).toBe('\u001b[?25h');
});
