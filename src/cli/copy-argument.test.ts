import { expect, test } from 'vitest';
import { copyArgument } from './copy-argument.ts';

test.each([
  ['web:/etc/hosts', { type: 'container', container: 'web', path: '/etc/hosts' }],
  ['web:a:b', { type: 'container', container: 'web', path: 'a:b' }],
  ['./web:x', { type: 'local', path: './web:x' }],
  ['/web:x', { type: 'local', path: '/web:x' }],
  ['../x:y', { type: 'local', path: '../x:y' }],
  ['file', { type: 'local', path: 'file' }],
  ['-', { type: 'stream' }],
])('%s is what docker takes it for', (text, expected) => {
  expect(copyArgument(text, 'source')).toEqual(expected);
});

test.each(['', 'web:'])('"%s" is refused', (text) => {
  expect(() => copyArgument(text, 'source')).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
