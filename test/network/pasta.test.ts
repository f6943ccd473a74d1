/** The network of an ordinary user's containers: pasta(1), a process of theirs beside each. */
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { Running } from '../support/tsrun.ts';

const kept = new KeptHome();
afterAll(() => kept.dispose());
const test = requires('rootless', 'subuid', 'pasta');

const serve = 'mkdir /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000';
const host = (...argv: readonly string[]): Running => new Running(spawn(argv[0] ?? '', argv.slice(1)));
const get = async (url: string): Promise<string> =>
  (await host('wget', '-qO-', '-T', '5', '-t', '1', url).outcome).stdout.trim();

const portOf = async (name: string): Promise<string | undefined> => /:(\d+)$/.exec(await kept.text('port', name))?.[1];

/** Children of the monitor that belong to the network, with theirs. */
function keepers(monitor: number): readonly number[] {
  const children = (pid: number): readonly number[] =>
    (readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? []).map(Number);
  const own = children(monitor).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'tsrun:pasta\n');
  return [...own, ...own.flatMap(children)];
}
const lives = (pid: number): boolean => readdirSync('/proc').includes(String(pid));
async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(lives)) await new Promise((resolve) => setImmediate(resolve));
}

describe('--network pasta', () => {
  test('gives the container the address of the host, and publishes a port at the loopback', async () => {
    const id = await kept.detached('web', serve, '--network', 'pasta', '-p', '80');
    await kept.untilLogged('web', 'ready');
    expect(await get(`http://127.0.0.1:${await portOf('web')}/`)).toBe('hello');
    expect(await kept.text('exec', 'web', 'ip', 'route')).toMatch(/^default via /);
    expect(await kept.inspect('web', '{{.HostConfig.NetworkMode}}')).toBe('pasta');
    const pids = keepers(kept.monitorOf(id));
    expect(pids).toHaveLength(2);
    await kept.text('stop', '-t', '0', 'web');
    await untilGone(pids);
    expect(await kept.text('port', 'web')).toBe('');
    // Again, and with a new process.
    await kept.text('start', 'web');
    expect(keepers(kept.monitorOf(id))).toHaveLength(2);
    await kept.text('rm', '-f', 'web');
  });

  requires(
    'rootless',
    'subuid',
    'pasta',
    'ipv6-route',
  )('publishes a port at ::1', async () => {
    await kept.detached('six', serve, '--network', 'pasta', '-p', '[::1]::80');
    await kept.untilLogged('six', 'ready');
    expect(await get(`http://[::1]:${await portOf('six')}/`)).toBe('hello');
    await kept.text('rm', '-f', 'six');
  });

  test('ends with a monitor that is killed', async () => {
    const id = await kept.detached('killed', 'exec sleep 1000', '--network', 'pasta');
    const monitor = kept.monitorOf(id);
    const pids = keepers(monitor);
    expect(pids).toHaveLength(2);
    process.kill(monitor, 'SIGKILL');
    await untilGone(pids);
    await kept.text('rm', '-f', 'killed');
  });

  test('is not the way to the loopback of the host', async () => {
    const server = host('python3', '-u', '-m', 'http.server', '--bind', '127.0.0.1', '0');
    await server.until(/port \d+/);
    const port = /port (\d+)/.exec(server.everything)?.[1];
    const script = `for a in 127.0.0.1 $(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'); do nc -w 2 $a ${port} </dev/null && echo reached; done; true`;
    expect(await kept.text('run', '-q', '--rm', '--network', 'pasta', busybox, 'sh', '-c', script)).toBe('');
    server.signal('SIGTERM');
    await server.outcome;
  });

  test('says what pasta says when it cannot', async () => {
    const { stderr, exitCode } = await kept.run(
      'run',
      '-q',
      '--rm',
      '--network',
      'pasta',
      '-p',
      '1.2.3.4:80:80',
      busybox,
      'true',
    );
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/1\.2\.3\.4/);
  });
});

describe('an ordinary user who asks for no network', () => {
  const userWithRange = (): { readonly uid: number; readonly gid: number } | null => {
    const users = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    const ranges = readFileSync('/etc/subuid', 'utf8')
      .split('\n')
      .map((line) => line.split(':')[0]);
    const [, , uid, gid] = users.find(([name]) => name !== 'root' && ranges.includes(name)) ?? [];
    return uid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
  };
  requires('root', 'program-pasta')('reaches a neighbour, who sees the host', async (context) => {
    const user = userWithRange();
    if (user === null) return context.skip('no user of this machine has subordinate ids');
    const [here, there] = [await HostNetwork.make(), await HostNetwork.make()];
    try {
      await here.wireTo(there);
      await here.text('ip', 'route', 'add', 'default', 'via', '192.0.2.2');
      const server = there.start(
        'python3',
        '-u',
        '-m',
        'http.server',
        '--bind',
        '192.0.2.2',
        '80',
        '--directory',
        '/proc/self/ns',
      );
      await server.until('Serving');
      const place = join(here.kept.home.path, 'theirs');
      mkdirSync(place);
      for (const path of [here.kept.home.path, place]) chownSync(path, user.uid, user.gid);
      const as = [
        'setpriv',
        `--reuid=${user.uid}`,
        `--regid=${user.gid}`,
        '--clear-groups',
        '--inh-caps=-all',
        'env',
        '-C',
        '/',
        `HOME=${place}`,
      ];
      const places = ['--store', join(place, 'store'), '--root', join(place, 'state')];
      const out = await here.run(
        ...as,
        tsrunPath,
        ...places,
        'run',
        '--rm',
        busybox,
        'wget',
        '-qO-',
        'http://192.0.2.2/',
      );
      expect(out.stdout).toContain('Directory listing');
      server.signal('SIGTERM');
      expect((await server.outcome).stderr).toContain('192.0.2.1');
    } finally {
      await there.dispose();
      await here.dispose();
    }
  });

  requires('root')('who is root is told to use a bridge', async () => {
    const { stderr, exitCode } = await kept.run('run', '-q', '--network', 'pasta', busybox, 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/it is for ordinary users.*\n {2}hint: as root use --network bridge/);
  });
});
