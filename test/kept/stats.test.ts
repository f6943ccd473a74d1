/** What containers use: what the kernel counts, a marked sum where it does not, and never a made-up number. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startProgramOnTerminal } from '../support/tsrun.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

const once = async (...args: readonly string[]): Promise<readonly Record<string, string>[]> =>
  (await kept.text('stats', '--no-stream', '--format', 'json', ...args))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, string>);

describe('stats --no-stream', () => {
  test('has docker’s columns and a row for each container that runs', async () => {
    await kept.detached('one', 'sleep 1000 & sleep 1000 & echo ready; wait');
    await kept.untilLogged('one', 'ready');
    await kept.detached('two', 'sleep 1000');
    await kept.detached('over', 'true');
    await kept.text('wait', 'over');
    const table = await kept.text('stats', '--no-stream');
    expect(table.split('\n')[0]).toMatch(
      /^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET I\/O +BLOCK I\/O +PIDS$/,
    );
    expect(table).toMatch(/^[0-9a-f]{12} +one +~?\d+\.\d\d% +~?\S+iB \/ \S+iB +~?\d+\.\d\d% +0B \/ 0B .* ~?3$/m);
    expect(table).not.toContain('over');
    expect(await kept.text('stats', '--no-stream', '-a', '--format', '{{.Name}} {{.CPUPerc}} {{.MemUsage}}')).toContain(
      'over -- -- / --',
    );
    expect((await kept.text('stats', '--no-stream', '--wide')).split('\n')[0]).toMatch(
      /PIDS LIMIT +THROTTLED +CPU WAIT +MEM WAIT +I\/O WAIT$/,
    );
    expect((await kept.run('stats', 'nosuch')).stderr).toContain('no such container: nosuch');
    await kept.text('rm', '-f', 'one', 'two', 'over');
  });

  test('a busy container uses CPU time, an idle one none', async () => {
    await kept.detached('busy', 'while :; do :; done');
    await kept.detached('idle', 'sleep 1000');
    const [busy, idle] = await once('busy', 'idle');
    await kept.text('rm', '-f', 'busy', 'idle');
    const percent = (row: Record<string, string> | undefined): number =>
      Number.parseFloat(row?.['CPUPerc']?.replace('~', '') ?? '');
    // As far as this machine lets it.
    expect(percent(busy)).toBeGreaterThan(1);
    expect(percent(idle)).toBeLessThan(percent(busy));
  });

  requires('without-memory-controller')(
    'what is summed over processes is marked, and what cannot be is not said',
    async () => {
      await kept.detached('bare', 'sleep 1000');
      const [row] = await once('bare');
      await kept.text('rm', '-f', 'bare');
      expect(row).toMatchObject({ PIDs: '~1', BlockIO: '--', Throttled: '--' });
      expect(row?.['MemUsage']).toMatch(/^~\S+iB \/ \S+GiB$/);
    },
  );
});

describe('with controllers', () => {
  requires(
    'cgroup-v2-memory',
    'cgroup-v2-cpu',
    'cgroup-v2-pids',
  )('each number is the kernel’s, against its limit', async () => {
    await kept.detached('full', 'while :; do :; done', '-m', '64m', '--cpus', '0.25', '--pids-limit', '20');
    const [row] = await once('full');
    await kept.text('rm', '-f', 'full');
    expect(row?.['MemUsage']).toMatch(/^\d\S*iB \/ 64MiB$/);
    expect(row).toMatchObject({ PIDs: '1', PIDsLimit: '20' });
    expect(Number.parseFloat(row?.['CPUPerc'] ?? '')).toBeLessThan(35);
    expect(Number.parseFloat(row?.['Throttled'] ?? '')).toBeGreaterThan(50);
  });
});

describe('stats on a terminal', () => {
  const start = () => {
    const line = 'stty -g; "$0" stats; echo "status $?"; stty -g; echo over';
    return startProgramOnTerminal(['sh', '-c', line, tsrunPath], { rows: 5, columns: 40, env: kept.home.env });
  };
  /** The last thing that was drawn whole, as it stands on the screen: something has come behind it. */
  const screen = (output: string): readonly string[] =>
    (output.split('\u001b[H').at(-2) ?? '')
      .split('\u001b[J')[0]
      ?.split('\u001b[K')
      .map((line) => line.trim()) ?? [];

  for (const [what, keys] of [
    ['q', 'q'],
    ['Ctrl-C', '\u0003'],
  ] as const) {
    test(`is drawn in place until ${what}, and the terminal is as it was`, async () => {
      await kept.detached('drawn', 'sleep 1000');
      const terminal = start();
      await terminal.until(/drawn[\s\S]*drawn[\s\S]*CONTAINER ID/);
      expect(screen(terminal.output)[0]).toMatch(/^CONTAINER ID +NAME +CPU %/);
      for (const line of screen(terminal.output)) expect(line.length).toBeLessThanOrEqual(40);
      terminal.resize(8, 100);
      await terminal.until('BLOCK I/O');
      terminal.write(keys);
      const { stdout } = await terminal.outcome;
      await kept.text('rm', '-f', 'drawn');
      const lines = stdout.replaceAll('\r', '').split('\n');
      expect(lines.at(-4)?.endsWith('\u001b[?25h\u001b[?1049lstatus 0')).toBe(true);
      expect(lines.at(-3)).toBe(lines[0]);
    });
  }

  test('stops as a job, with the terminal as it was, and goes on', async () => {
    await kept.detached('job', 'sleep 1000');
    const line = `set -m; "$0" stats; echo stopped; fg >/dev/null; echo "status $?"`;
    const terminal = startProgramOnTerminal(['bash', '-c', line, tsrunPath], { env: kept.home.env });
    await terminal.until('job');
    terminal.write('\u001a');
    await terminal.until(/1049l[\s\S]*stopped[\s\S]*1049h[\s\S]*job/);
    terminal.write('q');
    expect((await terminal.outcome).stdout).toContain('status 0');
    await kept.text('rm', '-f', 'job');
  });

  test('goes with its terminal', async () => {
    const terminal = startProgramOnTerminal([tsrunPath, 'stats'], { env: kept.home.env });
    await terminal.until('CPU %');
    terminal.hangUp();
    await terminal.outcome;
  });
});

test('to a pipe it is one block after the other, until nobody reads', async () => {
  await kept.detached('piped', 'sleep 1000');
  const stream = kept.start('stats', 'piped');
  await stream.until(/CPU %[\s\S]*\n\n[\s\S]*CPU %/);
  expect(stream.output).not.toContain('\u001b');
  stream.signal('SIGTERM');
  await stream.outcome;
  await kept.text('rm', '-f', 'piped');
});
