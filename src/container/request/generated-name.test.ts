import { expect, test } from 'vitest';
import { generateName } from './generated-name.ts';
import { parseContainerName } from './names.ts';

test('a generated name is a valid one', () => {
  for (let round = 0; round < 200; round += 1) {
    const name = generateName(() => false);
    expect(name).toMatch(/^[a-z]+_[a-z]+$/);
    expect(parseContainerName(name, '--name')).toBe(name);
  }
});

test('a taken name is not given again, even when nearly all are taken', () => {
  let asked = 0;
  const name = generateName(() => {
    asked += 1;
    return asked < 20;
  });
  expect(asked).toBe(20);
  expect(name).toMatch(/^[a-z]+_[a-z]+12$/);
});
