/** Limits of containers that live on, a container at a time: in force, again after a stop and a start, and gone with it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires('cgroup-v2-memory', 'cgroup-v2-pids', 'cgroup-v2-cpu');

const waiting = 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05 & wait $!; done';
const limits = ['-m', '64m', '--pids-limit', '20', '--cpus', '0.5'];
const files = ['memory.max', 'memory.swap.max', 'pids.max', 'cpu.max'].map((file) => `/sys/fs/cgroup/${file}`);
const inForce = '67108864\n67108864\n20\n50000 100000';

/** The container's control group on the host. */
async function groupOf(name: string): Promise<string> {
  const pid = await kept.inspect(name, '{{.State.Pid}}');
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1'))?.[1] ?? '';
  return join('/sys/fs/cgroup', path);
}

test('stop, start and restart keep the limits, and a stopped container has no control group', async () => {
  await kept.detached('limited', waiting, ...limits);
  const group = await groupOf('limited');
  expect(await kept.text('exec', 'limited', 'cat', ...files)).toBe(inForce);
  await kept.untilLogged('limited', 'ready');
  await kept.text('stop', 'limited');
  expect(await kept.inspect('limited', '{{.State.ExitCode}}')).toBe('3');
  expect(existsSync(group)).toBe(false);
  await kept.text('start', 'limited');
  expect(await kept.text('exec', 'limited', 'cat', ...files)).toBe(inForce);
  await kept.text('restart', '-t', '0', 'limited');
  expect(await kept.text('exec', 'limited', 'cat', ...files)).toBe(inForce);
  await kept.text('rm', '-f', 'limited');
  expect(existsSync(group)).toBe(false);
});

// Its children do not hold the output of exec, or it would not end before they do.
test('what exec starts counts as the container’s', async () => {
  await kept.detached('counted', 'echo ready; while :; do sleep 1000; done', '--pids-limit', '4');
  await kept.untilLogged('counted', 'ready');
  const script = 'for n in 1 2 3 4 5 6; do sleep 1000 >/dev/null 2>&1 & done; echo all';
  const { stdout, stderr } = await kept.run('exec', 'counted', 'sh', '-c', script);
  expect(stdout).toBe('');
  expect(stderr).toContain("can't fork");
  await kept.text('rm', '-f', 'counted');
});

test('a paused container is frozen whole, refuses exec, and goes on', async () => {
  await kept.detached('paused', waiting, ...limits);
  await kept.untilLogged('paused', 'ready');
  const events = join(await groupOf('paused'), 'cgroup.events');
  await kept.text('pause', 'paused');
  expect(readFileSync(events, 'latin1')).toContain('frozen 1');
  expect(await kept.inspect('paused', '{{.State.Status}}')).toBe('paused');
  expect(await kept.run('exec', 'paused', 'true')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('tsrun unpause paused'),
  });
  await kept.text('unpause', 'paused');
  expect(readFileSync(events, 'latin1')).toContain('frozen 0');
  expect(await kept.text('exec', 'paused', 'echo', 'awake')).toBe('awake');
  await kept.text('rm', '-f', 'paused');
});

test('a paused container can be removed', async () => {
  await kept.detached('ice', waiting, ...limits);
  const group = await groupOf('ice');
  await kept.text('pause', 'ice');
  await kept.text('rm', '-f', 'ice');
  expect(existsSync(group)).toBe(false);
});

test('a container that the kernel killed for its memory says so', async () => {
  await kept.text('run', '-dq', '--name', 'greedy', '-m', '16m', busybox, 'tail', '/dev/zero');
  expect(await kept.text('wait', 'greedy')).toBe('137');
  expect(await kept.inspect('greedy', '{{.State.ExitCode}} {{.State.OOMKilled}}')).toBe('137 true');
  await kept.text('rm', 'greedy');
});

test('a killed monitor leaves no control group behind the next command', async () => {
  await kept.detached('orphan', waiting, ...limits);
  const group = await groupOf('orphan');
  const pid = await kept.inspect('orphan', '{{.State.Pid}}');
  const monitor = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  process.kill(Number(monitor), 'SIGKILL');
  // PID 1 follows its monitor in a moment of its own.
  while ((await kept.inspect('orphan', '{{.State.Status}}')) !== 'exited');
  await kept.text('rm', 'orphan');
  expect(existsSync(group)).toBe(false);
});
