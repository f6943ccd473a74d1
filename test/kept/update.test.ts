/** Other limits for containers: at once in one that runs, kept for the next start of every one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());

const limitOf = async (name: string, file: string): Promise<string> =>
  readFileSync(join(await kept.inspect(name, '{{.CgroupPath}}'), file), 'utf8').trim();

describe('in any container', () => {
  const test = requires();

  test('a stopped one keeps what it is told for its next start', async () => {
    await kept.text('create', '-q', '--name', 'later', '--limits', 'best-effort', busybox, 'sleep', '1000');
    expect(await kept.text('update', '-m', '32m', '--cpus', '0.5', '--pids-limit', '40', 'later')).toBe('later');
    const fields = '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}';
    expect(await kept.inspect('later', fields)).toBe('33554432 500000000 40');
    await kept.text('update', '--cpu-quota', '20000', 'later');
    expect(await kept.inspect('later', '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}')).toBe('0 33554432');
    await kept.text('rm', 'later');
  });

  test('nothing, nonsense and a contradiction are refused, and change nothing', async () => {
    await kept.text(
      'create',
      '-q',
      '--name',
      'picky',
      '--limits',
      'best-effort',
      '-m',
      '64m',
      '--memory-swap',
      '64m',
      busybox,
      'true',
    );
    expect((await kept.run('update', 'picky')).stderr).toContain('neither a limit nor --restart was given');
    expect((await kept.run('update', '-m', 'much', 'picky')).stderr).toContain('invalid value "much" for --memory');
    const higher = await kept.run('update', '-m', '128m', 'picky');
    expect(higher.stderr).toContain('--memory-swap is lower than --memory');
    expect(higher.exitCode).toBe(1);
    expect(await kept.inspect('picky', '{{.HostConfig.Memory}}')).toBe('67108864');
    await kept.text('rm', 'picky');
  });

  requires('without-memory-controller')('a limit that cannot be in force is an error, or said', async () => {
    await kept.detached('strict', 'sleep 1000');
    const strict = await kept.run('update', '-m', '64m', 'strict');
    expect(strict.exitCode).toBe(1);
    expect(await kept.inspect('strict', '{{.HostConfig.Memory}}')).toBe('0');
    await kept.detached('easy', 'sleep 1000', '--limits', 'best-effort');
    const easy = await kept.run('update', '-m', '64m', 'easy');
    expect(easy.exitCode).toBe(0);
    expect(easy.stderr).toMatch(/^tsrun: cannot .*: .+\n$/);
    expect(await kept.inspect('easy', '{{.HostConfig.Memory}}')).toBe('67108864');
    await kept.text('rm', '-f', 'strict', 'easy');
  });
});

describe('in one that runs', () => {
  const test = requires('cgroup-v2-memory', 'cgroup-v2-cpu', 'cgroup-v2-pids');

  test('a limit is in force at once, and after a restart', async () => {
    await kept.detached('live', 'sleep 1000', '-m', '64m');
    const flags = ['-m', '96m', '--cpus', '0.25', '--pids-limit', '33', '--cpu-shares', '512'];
    expect(await kept.text('update', ...flags, 'live')).toBe('live');
    const all = async () => [
      await limitOf('live', 'memory.max'),
      await limitOf('live', 'cpu.max'),
      await limitOf('live', 'pids.max'),
      await limitOf('live', 'cpu.weight'),
    ];
    const after = await all();
    expect(after.slice(0, 3)).toEqual(['100663296', '25000 100000', '33']);
    await kept.text('restart', '-t', '0', 'live');
    expect(await all()).toEqual(after);
    await kept.text('update', '-m', '-1', '--cpu-quota', '-1', '--pids-limit', '-1', 'live');
    expect((await all()).slice(0, 3)).toEqual(['max', 'max 100000', 'max']);
    await kept.text('rm', '-f', 'live');
  });

  test('a value that the kernel refuses changes none of them', async () => {
    await kept.detached('firm', 'sleep 1000', '-m', '64m');
    const { exitCode, stderr } = await kept.run('update', '-m', '32m', '--cpuset-cpus', '4095', 'firm');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('cpuset.cpus');
    expect(await limitOf('firm', 'memory.max')).toBe('67108864');
    expect(await kept.inspect('firm', '{{.HostConfig.Memory}}')).toBe('67108864');
    await kept.text('rm', '-f', 'firm');
  });
});
