import { expect, test } from 'vitest';
import { TsrunError } from '../errors/tsrun-error.ts';
import { exitCodeOfError } from './exit-code.ts';
import { errorText } from './report-error.ts';

const cause = new Error('deep inside');
const error = new TsrunError('STORE', 'cannot write', { why: 'ENOSPC', hint: 'make room', cause });

test('an error of the user is what, why and hint', () => {
  expect(errorText(error, false)).toBe('tsrun: cannot write\n  ENOSPC\n  hint: make room');
  expect(errorText(new TsrunError('USAGE', 'no'), false)).toBe('tsrun: no');
});

test('--debug shows the code, the stack and the causes', () => {
  const text = errorText(error, true);
  expect(text).toContain('  code: STORE');
  expect(text).toMatch(/\n {2}caused by: Error: deep inside\n +at /);
});

test('an error of ours has its stack always', () => {
  expect(errorText(new TypeError('x is undefined'), false)).toMatch(
    /^tsrun: internal error, which is a fault of tsrun\n {2}TypeError: x is undefined\n +at /,
  );
  expect(errorText('thrown text', false)).toContain('thrown text');
});

test('what an image says cannot write to the terminal or forge a line', () => {
  const hostile = new TsrunError('IMAGE_INVALID', 'bad name "a\r\nb\u001b[31m"', {
    why: 'x\n  hint: run this \u202e\u2066\u2028',
  });
  const text = errorText(hostile, false);
  expect(text.split('\n')).toHaveLength(2);
  for (const mark of ['\u001b', '\u202e', '\u2066', '\u2028']) expect(text).not.toContain(mark);
});

test.each([
  ['run', 'reading', 'USAGE', 125],
  ['run', 'doing', 'NETWORK_NOT_FOUND', 125],
  ['run', 'doing', 'USER_NOT_FOUND', 125],
  ['run', 'doing', 'COMMAND_NOT_EXECUTABLE', 126],
  ['run', 'doing', 'COMMAND_NOT_FOUND', 127],
  ['run', 'reading', 'WORDS', 1],
  ['run', 'doing', 'ABORTED', 130],
  ['exec', 'doing', 'CONTAINER_STATE', 1],
  ['exec', 'doing', 'USER_NOT_FOUND', 126],
  ['exec', 'doing', 'COMMAND_NOT_EXECUTABLE', 126],
  ['exec', 'doing', 'COMMAND_NOT_FOUND', 127],
  ['exec', 'reading', 'USAGE', 125],
  ['ps', 'reading', 'USAGE', 125],
  ['ps', 'reading', 'NOT_YET', 125],
  ['ps', 'doing', 'USAGE', 1],
  ['rmi', 'reading', 'WORDS', 1],
  ['rmi', 'doing', 'IMAGE_NOT_FOUND', 1],
  ['start', 'doing', 'COMMAND_NOT_FOUND', 1],
  ['stop', 'doing', 'ABORTED', 130],
] as const)('a mistake of %s, while %s: %s exits with %i', (verb, stage, code, status) => {
  expect(exitCodeOfError(new TsrunError(code, 'x'), { verb, stage })).toBe(status);
});
