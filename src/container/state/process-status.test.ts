import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isEnding, processStat } from './process-status.ts';

test('a process that runs is not about to end, and one that is gone has ended', async () => {
  expect(isEnding(process.pid)).toBe(false);
  const child = spawn('true');
  await once(child, 'close');
  expect(isEnding(child.pid ?? 0)).toBe(true);
  expect(processStat(child.pid ?? 0)).toBe(null);
});

test('one that was killed is about to end, dead or not yet', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  expect(isEnding(child.pid ?? 0)).toBe(false);
  child.kill('SIGKILL');
  // Nothing is awaited in between: it is killed, exiting, a zombie, or reaped.
  expect(isEnding(child.pid ?? 0)).toBe(true);
  await once(child, 'close');
});
