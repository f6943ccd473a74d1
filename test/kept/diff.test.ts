/** diff, export and commit: what a container changed, all it has, and an image of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, startTsrun } from '../support/tsrun.ts';

let kept: KeptHome;
const script = `
  echo new > /new; mkdir -p /deep/er; ln -s /new /deep/er/link
  rm /bin/ls; chmod 711 /root; touch -d 2001-01-01 /usr
  echo more >> /etc/passwd
  rm -rf /var && mkdir /var && touch /var/fresh
  ln /new /deep/other-name
  echo ready; sleep 1000`;
beforeAll(async () => {
  kept = new KeptHome();
  mkdirSync(join(kept.home.path, 'volume'));
  await kept.detached('changed', script, '-v', `${join(kept.home.path, 'volume')}:/vol`, '-e', 'A=1');
  await kept.untilLogged('changed', 'ready');
});
afterAll(() => kept.dispose());
const test = requires();

/** `tar` with what a command writes. */
async function tarOf(args: readonly string[], flags: readonly string[]): Promise<readonly string[]> {
  const running = startTsrun(args, { env: kept.home.env });
  running.end();
  const listed = execFileSync('tar', flags, { input: await running.bytes, encoding: 'utf8' });
  expect((await running.outcome).exitCode).toBe(0);
  return listed.split('\n').filter((line) => line !== '');
}

describe.each(['running', 'stopped'])('of a container that is %s', (state) => {
  beforeAll(async () => {
    if (state === 'stopped') await kept.text('stop', '-t', '0', 'changed');
  });

  test('diff lists what was added, changed and deleted, directories first, in order', async () => {
    const lines = (await kept.text('diff', 'changed')).split('\n');
    expect(lines.filter((line) => !/^. \/(usr|var)\/?/.test(line))).toEqual([
      'C /bin',
      'D /bin/ls',
      'A /deep',
      'A /deep/er',
      'A /deep/er/link',
      'A /deep/other-name',
      'C /etc',
      'C /etc/passwd',
      'A /new',
      'C /root',
      'A /vol',
    ]);
    expect(lines).toContain('A /var/fresh');
    expect(lines.filter((line) => line.startsWith('D /var/'))).toEqual(
      (await kept.text('run', '--rm', busybox, 'sh', '-c', 'cd /var; for f in *; do [ -e "$f" ] && echo "$f"; done; :'))
        .split('\n')
        .filter((name) => name !== '')
        .map((name) => `D /var/${name}`),
    );
  });

  test('export has the merged tree, and what is below mounts instead of what they hold', async () => {
    const names = await tarOf(['export', 'changed'], ['t']);
    expect(names).toEqual(expect.arrayContaining(['new', 'deep/er/link', 'bin/busybox', 'vol/', 'proc/']));
    expect(names).not.toContain('bin/ls');
    expect(names.filter((name) => /^(proc|sys|dev|vol)\/./.test(name))).toEqual([]);
  });

  test('commit makes an image that runs, of its changes alone', async () => {
    const name = `made-${state}:1`;
    const id = await kept.text(
      ...['commit', '-a', 'somebody', '-m', 'why', '-c', 'CMD ["cat", "/deep/other-name"]', '-c', 'EXPOSE 80'],
      ...['changed', name],
    );
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await kept.text('run', '--rm', name)).toBe('new');
    // The same tree, the same environment; a volume is not part of it.
    const look = '[ ! -e /bin/ls ] && stat -c "%a %h" /root /new && echo $A && echo /var/* && tail -n1 /etc/passwd';
    expect(await kept.text('run', '--rm', name, 'sh', '-c', look)).toMatch(/^711 \d+\n644 2\n1\n\/var\/fresh\nmore$/);
    expect(await kept.text('inspect', '-f', '{{json .Config.ExposedPorts}}', name)).toBe('{"80/tcp":{}}');
    expect((await kept.text('inspect', '-f', '{{len .RootFS.Layers}}', name)).length).toBe(1);
  });
});

test('an image that was committed is the base of the next one', async () => {
  await kept.detached('second', 'rm /new; echo two > /two; echo ready; sleep 1000');
  await kept.untilLogged('second', 'ready');
  await kept.text('commit', 'second', 'first');
  await kept.text('run', '--name', 'third', '-dq', 'first', 'sh', '-c', 'rm /two; echo three > /three');
  await kept.text('wait', 'third');
  const id = await kept.text('commit', 'third');
  expect(await kept.text('run', '--rm', id, 'sh', '-c', 'echo /t*')).toBe('/three /tmp');
  expect(await kept.text('diff', 'third')).toBe('A /three\nD /two');
});

requires('cgroup-v2')('a container stands still while it is committed, and goes on', async () => {
  const count = 'i=0; while :; do i=$((i+1)); echo $i > /a; echo $i > /z; [ $i != 9 ] || echo ready; done';
  // Enough that the commit takes a while.
  const size = 50_000_000 / Number(process.env['TSRUN_TESTS_SLOW'] ?? '1');
  await kept.detached('counting', `head -c ${size} /dev/zero > /large; ${count}`);
  await kept.untilLogged('counting', 'ready');
  const commit = async (...flags: readonly string[]): Promise<readonly number[]> => {
    const id = await kept.text('commit', ...flags, 'counting');
    const text = await kept.text('run', '--rm', '-q', id, 'sh', '-c', 'cat /a; echo -; cat /z');
    return text.split('-').map(Number);
  };
  const [a = 0, z = 0] = await commit();
  // A file that was just opened to be written is empty.
  if (a > 0 && z > 0) expect([0, 1]).toContain(a - z);
  const format = ['--format', '{{.Action}}', '--filter', 'container=counting'];
  const told = async (): Promise<readonly string[]> =>
    (await kept.text('events', '--since', '1h', '--until', '0s', ...format)).split('\n').slice(2);
  expect(await told()).toEqual(['pause', 'commit', 'unpause']);
  expect(await kept.inspect('counting', '{{.State.Status}}')).toBe('running');
  await commit('--pause=false');
  expect(await told()).toEqual(['pause', 'commit', 'unpause', 'commit']);
  await kept.text('rm', '-f', 'counting');
});

test('what is asked wrongly leaves no image', async () => {
  const before = await kept.text('images', '-aq');
  const refused = await kept.run('commit', '-c', 'RUN make', 'changed', 'nothing');
  expect(refused.stderr).toContain('RUN is no instruction about a config');
  expect(refused.exitCode).toBe(1);
  expect((await kept.run('commit', 'changed', 'UPPER')).exitCode).toBe(1);
  expect((await kept.run('commit', 'nosuch')).exitCode).toBe(1);
  expect(await kept.text('images', '-aq')).toBe(before);
});

test('export writes a file that is whole or not there, and nothing to a terminal', async () => {
  const file = join(kept.home.path, 'all.tar');
  await kept.text('export', '-o', file, 'changed');
  expect(spawnSync('tar', ['tf', file]).status).toBe(0);
  const terminal = startOnTerminal(['export', 'changed'], { env: kept.home.env });
  expect((await terminal.outcome).stdout).toContain('standard output is a terminal');
  const nowhere = await kept.run('export', '-o', join(kept.home.path, 'no', 'such'), 'changed');
  expect(nowhere.stderr).toContain('cannot write');
});

test('an export that is interrupted leaves no half file', async () => {
  await kept.detached('large', 'head -c 300000000 /dev/zero > /zeros; echo ready; sleep 1000');
  await kept.untilLogged('large', 'ready');
  const directory = join(kept.home.path, 'interrupted');
  mkdirSync(directory);
  const running = kept.start('export', '-o', join(directory, 'all.tar'), 'large');
  while (readdirSync(directory).length === 0) await new Promise((resolve) => setImmediate(resolve));
  running.signal('SIGINT');
  expect((await running.outcome).exitCode).toBe(130);
  expect(readdirSync(directory)).toEqual([]);
  expect(existsSync(join(directory, 'all.tar'))).toBe(false);
  await kept.text('rm', '-f', 'large');
});
