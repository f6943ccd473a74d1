/** Containers that outlive the command that started them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const waiting = 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05 & wait $!; done';

describe('run -d', () => {
  test('prints the id of a container that lives on', async () => {
    const id = await kept.detached('lives', waiting);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    await kept.untilLogged('lives', 'ready');
    expect(await kept.text('ps', '--format', '{{.Names}} {{.State}} {{.Command}}')).toContain('lives running "sh -c');
    const pid = await kept.inspect('lives', '{{.State.Pid}}');
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sh\n');
    await kept.text('rm', '-f', 'lives');
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test('does not hold the pipe that its output is read through', async () => {
    // text() waits until nobody has standard output open any more.
    await kept.detached('pipe', waiting);
    await kept.text('rm', '-f', 'pipe');
  });

  test('leaves nothing of a container whose command cannot be started', async () => {
    const before = kept.entries('containers');
    const outcome = await kept.run('run', '-dq', '--name', 'nothing', busybox, 'nosuch');
    expect(outcome.exitCode).toBe(127);
    expect(kept.entries('containers')).toEqual(before);
    expect(kept.entries('container-names')).not.toContain('nothing');
  });

  test('--rm removes it when it ends, without another command', async () => {
    await kept.detached('brief', 'read line < /dev/zero; sleep 1000', '--rm');
    await kept.text('kill', 'brief');
    await untilTrue(() => !kept.entries('container-names').includes('brief'));
  });
});

describe('run -d with', () => {
  test('--cidfile leaves none when there is no container', async () => {
    const file = join(kept.home.path, 'cid');
    for (const image of ['no-such-image', busybox]) {
      const { exitCode } = await kept.run('run', '-dq', '--cidfile', file, image, 'nosuch');
      expect(exitCode).not.toBe(0);
      expect(existsSync(file)).toBe(false);
    }
    const id = await kept.text('run', '-dq', '--cidfile', file, busybox, 'true');
    expect(readFileSync(file, 'utf8')).toBe(id);
    await kept.text('rm', '-f', id);
  });

  test('--explain narrates the start', async () => {
    const { stdout, stderr, exitCode } = await kept.run('run', '-d', '--explain', busybox, 'true');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('pivot_root');
    await kept.text('rm', '-f', stdout.trim().split('\n').at(-1) ?? '');
  });
});

describe('start and stop', () => {
  test('stop sends the stop signal; start goes on with the same files', async () => {
    await kept.detached('again', `echo run >> /count; ${waiting}`);
    await kept.untilLogged('again', 'ready');
    expect(await kept.text('stop', 'again')).toBe('again');
    expect(await kept.inspect('again', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 3');
    expect(await kept.text('start', 'again')).toBe('again');
    const twice = 'until [ $(wc -l < /count) -gt 1 ]; do sleep 0.02; done; cat /count';
    expect(await kept.text('exec', 'again', 'sh', '-c', twice)).toBe('run\nrun');
    await kept.text('rm', '-f', 'again');
  });

  test('stop kills what survives the signal, after the time given', async () => {
    await kept.detached('deaf', 'trap "" TERM; echo ready; while :; do sleep 0.05; done');
    await kept.untilLogged('deaf', 'ready');
    await kept.text('stop', '-t', '0', 'deaf');
    expect(await kept.inspect('deaf', '{{.State.ExitCode}}')).toBe('137');
    await kept.text('rm', 'deaf');
  });

  // 25 days are what a timer of Node's can be; a longer one would fire at once.
  for (const timeout of ['-1', '3000000']) {
    test(`--stop-timeout ${timeout} gives a command the time it takes`, async () => {
      const script = 'trap "echo asked" TERM; echo ready; until [ -e /go ]; do sleep 0.05; done; exit 3';
      await kept.detached('slow', script, '--stop-timeout', timeout);
      await kept.untilLogged('slow', 'ready');
      const stopping = kept.start('stop', 'slow');
      await kept.untilLogged('slow', 'asked');
      await kept.text('exec', 'slow', 'touch', '/go');
      expect(await stopping.outcome).toMatchObject({ stdout: 'slow\n', stderr: '', exitCode: 0 });
      expect(await kept.inspect('slow', '{{.State.ExitCode}}')).toBe('3');
      await kept.text('rm', 'slow');
    });
  }

  test('stop uses the signal of --stop-signal', async () => {
    await kept.detached('usr', 'trap "exit 5" USR1; echo ready; while :; do sleep 0.05; done', '--stop-signal', 'USR1');
    await kept.untilLogged('usr', 'ready');
    await kept.text('stop', 'usr');
    expect(await kept.inspect('usr', '{{.State.ExitCode}}')).toBe('5');
    await kept.text('rm', 'usr');
  });

  test('restart ends it and starts it anew', async () => {
    await kept.detached('twice', waiting);
    const before = await kept.inspect('twice', '{{.State.Pid}}');
    await kept.text('restart', '-t', '0', 'twice');
    expect(await kept.inspect('twice', '{{.State.Status}}')).toBe('running');
    expect(await kept.inspect('twice', '{{.State.Pid}}')).not.toBe(before);
    await kept.text('rm', '-f', 'twice');
  });

  test('kill signals PID 1, and with --all every process of it', async () => {
    const says = (who: string) => `trap "echo ${who}" USR1; while :; do sleep 0.02; done`;
    await kept.detached('family', `sh -c '${says('child')}' & ${says('first')}`);
    // Both have begun to wait.
    await kept.text('exec', 'family', 'sh', '-c', 'until [ $(ps -o comm | grep -c sleep) = 2 ]; do :; done');
    await kept.text('kill', '-s', 'USR1', 'family');
    await kept.untilLogged('family', 'first');
    await kept.text('kill', '--all', '-s', 'USR1', 'family');
    await kept.untilLogged('family', 'child');
    const lines = (await kept.text('logs', 'family')).split('\n');
    expect(lines.filter((line) => line === 'child')).toEqual(['child']);
    await kept.text('kill', '--all', 'family');
    expect(await kept.text('wait', 'family')).toBe('137');
    await kept.text('rm', 'family');
  });

  test('create makes one that waits for start', async () => {
    await kept.text('create', '-q', '--name', 'later', busybox, 'sh', '-c', 'exit 9');
    expect(await kept.text('ps', '-a', '--format', '{{.Names}} {{.Status}}', '--filter', 'name=later')).toBe(
      'later Created',
    );
    await kept.text('start', 'later');
    expect(await kept.text('wait', 'later')).toBe('9');
    await kept.text('rm', 'later');
  });

  test('two starts at once are one', async () => {
    await kept.text('create', '-q', '--name', 'race', busybox, 'sleep', '1000');
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => kept.run('start', 'race')));
    expect(outcomes.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
      Array.from({ length: 6 }, () => ({ exitCode: 0, stderr: '' })),
    );
    expect(await kept.text('ps', '-q', '--filter', 'name=race')).not.toBe('');
    await kept.text('rm', '-f', 'race');
  });

  test('stop and rm at once: both end, and the container is gone', async () => {
    for (let round = 0; round < 5; round++) {
      await kept.detached('ending', waiting);
      const [stop, remove] = await Promise.all([kept.run('stop', 'ending'), kept.run('rm', '-f', 'ending')]);
      expect(remove.exitCode).toBe(0);
      expect([0, 1]).toContain(stop.exitCode);
      expect(kept.entries('container-names')).not.toContain('ending');
    }
  });
});

describe('what cannot be done is said', () => {
  test('to a container that does not exist, with the nearest name', async () => {
    await kept.detached('webshop', waiting);
    const { stderr, exitCode } = await kept.run('stop', 'webshp');
    expect(stderr).toBe(
      'tsrun: no such container: webshp\n  no container has that name or id\n  hint: did you mean "webshop"?\n',
    );
    expect(exitCode).toBe(1);
    await kept.text('rm', '-f', 'webshop');
  });

  test('rm of one that runs', async () => {
    await kept.detached('busy', waiting);
    const { stderr, exitCode } = await kept.run('rm', 'busy');
    expect(stderr).toBe(
      'tsrun: cannot remove container "busy"\n  it is running\n  hint: stop it first, or use --force: tsrun rm -f busy\n',
    );
    expect(exitCode).toBe(1);
    await kept.text('rm', '-f', 'busy');
  });

  test('kill and exec of one that does not run', async () => {
    await kept.detached('over', 'true');
    await kept.text('wait', 'over');
    expect((await kept.run('kill', 'over')).stderr).toContain('it is not running: exited');
    expect((await kept.run('exec', 'over', 'true')).stderr).toContain('hint: tsrun start over');
    await kept.text('rm', 'over');
  });

  test('a name in use', async () => {
    await kept.detached('taken', 'true');
    const { stderr, exitCode } = await kept.run('run', '-dq', '--name', 'taken', busybox, 'true');
    expect(stderr).toContain('hint: choose another with --name, or remove that one: tsrun rm -f taken');
    expect(exitCode).toBe(125);
    await kept.text('wait', 'taken');
    await kept.text('rm', 'taken');
  });

  test('rmi of an image that a stopped container was made from', async () => {
    await kept.detached('user', 'true');
    await kept.text('wait', 'user');
    const { stderr } = await kept.run('rmi', '-f', await kept.inspect('user', '{{.Image}}'));
    expect(stderr).toContain('container "user" was made from it\n  hint: remove the container first: tsrun rm user');
    await kept.text('rm', 'user');
  });
});

describe('several at once', () => {
  test('all are tried, each that worked is printed, the failure is told', async () => {
    await kept.detached('one', 'true');
    await kept.detached('two', 'true');
    const { stdout, stderr, exitCode } = await kept.run('rm', '-f', 'one', 'nosuch', 'two');
    expect(stdout).toBe('one\ntwo\n');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(await kept.run('rm', '-f', 'nosuch', 'none')).toMatchObject({ stdout: '', stderr: '', exitCode: 0 });
  });

  test('without force each failure is told', async () => {
    const { stderr, exitCode } = await kept.run('rm', 'nosuch', 'none');
    expect(stderr).toContain('no such container: nosuch');
    expect(stderr).toContain('no such container: none');
    expect(exitCode).toBe(1);
  });
});

test('inspect knows the types there are', async () => {
  const { stderr, exitCode } = await kept.run('inspect', '--type', 'network', 'any');
  expect(stderr).toContain('invalid value "network" for --type');
  expect(exitCode).toBe(1);
});

describe('ps', () => {
  test('shows those that run, and with -a all', async () => {
    await kept.detached('up', waiting, '--label', 'tier=web');
    await kept.detached('down', 'exit 7');
    await kept.text('wait', 'down');
    expect(await kept.text('ps', '--format', '{{.Names}}')).toBe('up');
    expect((await kept.text('ps', '-a', '--format', '{{.Names}} {{.State}}')).split('\n').toSorted()).toEqual([
      'down exited',
      'up running',
    ]);
    expect(await kept.text('ps', '-a', '--format', '{{.Names}}', '--filter', 'exited=7')).toBe('down');
    expect(await kept.text('ps', '--format', '{{.Names}}', '--filter', 'label=tier=web')).toBe('up');
    const table = await kept.text('ps', '-a');
    expect(table.split('\n')[0]).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
    expect(table).toMatch(/Exited \(7\) \d+ seconds? ago/);
    await kept.text('rm', '-f', 'up', 'down');
  });
});
