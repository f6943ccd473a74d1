import { expect, test } from 'vitest';
import type { Plan } from '../plan/plan.ts';
import { endedEarly } from './ended-early.ts';
import { stepError } from './step-error.ts';

const limited = (value: string): Plan => ({
  version: 1,
  steps: [
    {
      kind: 'cgroup-write',
      path: '/g',
      file: 'memory.max',
      value,
      expect: value,
      instead: '',
      demand: 'required',
    },
  ],
});
const killed = { signal: 'SIGKILL', exitCode: 137 } as const;

test('a container that is killed under a memory limit may have had too little', () => {
  expect(endedEarly(limited('4096'), killed)).toMatchObject({
    why: 'it was killed by SIGKILL, by the kernel if it was out of memory: its limit is 4096 bytes',
    hint: 'give it a higher memory limit',
  });
});

test.each([
  ['no limit', limited('max'), killed, 'it was killed by SIGKILL'],
  ['another signal', limited('4096'), { signal: 'SIGTERM', exitCode: 143 }, 'it was killed by SIGTERM'],
  ['a status', limited('4096'), { signal: null, exitCode: 3 }, 'status 3'],
] as const)('with %s nothing is said of memory', (_, plan, exit, why) => {
  const error = endedEarly(plan, exit);
  expect(error).toMatchObject({ code: 'STEP_FAILED', why });
  expect(error.hint).toBe(endedEarly(limited('max'), killed).hint);
});

test('so may one that is killed while the kernel makes it', () => {
  const plan: Plan = {
    ...limited('4096'),
    steps: [...limited('4096').steps, { kind: 'clone', namespaces: [], cgroup: '/g' }],
  };
  const esrch = 3;
  expect(stepError(plan, { step: 1, operation: 'reach the launcher', errno: esrch, item: 0 })).toMatchObject({
    message: 'the container ended before its command could start',
    why: expect.stringContaining('its limit is 4096 bytes'),
  });
});

test('a monitor that is gone is another matter', () => {
  expect(endedEarly(limited('4096'), null).code).toBe('MONITOR_LOST');
});
