import { expect, test } from 'vitest';
import { drawOn } from './progress.ts';

function surface(terminal: boolean) {
  const written: string[] = [];
  const clock = { now: 0 };
  return {
    written,
    clock,
    display: drawOn({ terminal, columns: 60, now: () => clock.now, write: (text) => void written.push(text) }),
  };
}

const start = {
  type: 'start',
  layers: [
    { name: 'a', bytes: 1000 },
    { name: 'b', bytes: 3000 },
  ],
} as const;

test('nothing is drawn within the first second', () => {
  const { display, written, clock } = surface(true);
  display.onProgress(start);
  clock.now = 999;
  display.onProgress({ type: 'layer', index: 0, read: 500, total: 1000 });
  display.onProgress({ type: 'done' });
  display.close();
  expect(written).toEqual([]);
});

test('a bar takes one line and goes away', () => {
  const { display, written, clock } = surface(true);
  display.onProgress(start);
  clock.now = 1500;
  display.onProgress({ type: 'layer', index: 1, read: 2000, total: 3000 });
  expect(written).toHaveLength(1);
  expect(written[0]).toContain('reading 2kB of 4kB (50%)');
  // Without its escape sequences it has to fit into the 60 columns.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  expect(written[0]?.replaceAll(/\r|\u001b\[[?0-9]*[a-zA-Z]/g, '').length).toBeLessThan(60);
  clock.now = 1550;
  display.onProgress({ type: 'layer-done', index: 0, how: 'unpacked' });
  expect(written).toHaveLength(1);
  clock.now = 1650;
  display.onProgress({ type: 'layer-done', index: 1, how: 'unpacked' });
  expect(written[1]).toContain('(100%)');
  display.onProgress({ type: 'done' });
  expect(written.at(-1)).toBe('\r\u001b[2K\u001b[?25h');
  display.close();
  expect(written).toHaveLength(3);
});

test('without a terminal there are plain lines, five seconds apart', () => {
  const { display, written, clock } = surface(false);
  display.onProgress(start);
  for (clock.now = 0; clock.now <= 8000; clock.now += 500) {
    display.onProgress({ type: 'layer', index: 1, read: clock.now / 4, total: 3000 });
  }
  display.close();
  expect(written).toEqual([
    'tsrun: reading the image: 250B of 4kB (6%)',
    'tsrun: reading the image: 1.5kB of 4kB (37%)',
  ]);
});
