/** The library as it is installed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../support/fixture.ts';

test('nothing in it imports a file that is not there: tsc leaves some names of dynamic imports as they are', () => {
  const directory = join(repository, 'dist', 'lib');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  expect(files.length).toBeGreaterThan(100);
  const wrong = files.flatMap((name) =>
    [...readFileSync(join(directory, name), 'utf8').matchAll(/\bimport\(['"][^'"]*\.ts['"]\)/g)].map(
      ([text]) => `${name}: ${text}`,
    ),
  );
  expect(wrong).toEqual([]);
});
