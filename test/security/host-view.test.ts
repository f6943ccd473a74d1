/** What a container sees of the host: no process, no mount, no socket, no file beyond what was given to it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome, scratchPrefix } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startTsrun, tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const canary = plantCanary(home);
const run = (script: string, ...flags: readonly string[]) =>
  tsrun(['run', '--rm', '--quiet', ...flags, busybox, 'sh', '-c', script], { env: home.env });

interface MountLine {
  readonly root: string;
  readonly path: string;
  readonly options: string;
  readonly type: string;
  readonly superOptions: string;
}

const mountsOf = (mountinfo: string): readonly MountLine[] =>
  mountinfo
    .trim()
    .split('\n')
    .map((line) => {
      const [own = '', filesystem = ''] = line.split(' - ');
      const [, , , root = '', path = '', options = ''] = own.split(' ');
      const [type = '', , superOptions = ''] = filesystem.split(' ');
      return { root, path, options, type, superOptions };
    });

describe('the mounts inside', () => {
  test('name no directory of the host but the three files of /etc', async () => {
    const mounts = mountsOf((await run('cat /proc/self/mountinfo')).stdout);
    const named = mounts.filter(({ root, superOptions }) => `${root} ${superOptions}`.includes(home.path));
    expect(named.map(({ path }) => path).sort()).toEqual(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']);
    const root = mounts.find(({ path }) => path === '/');
    expect(root?.type).toBe('overlay');
    // Layers by number of a descriptor: whoever reads it learns nothing of the store.
    expect(root?.superOptions).not.toContain('/store/');
  });

  test('are private: nothing comes in from the host later, and nothing goes out', async () => {
    const { stdout } = await run('cat /proc/self/mountinfo');
    expect(stdout).not.toMatch(/shared:|master:|propagate_from:/);
  });

  test('keep what a bind forbids, and show its directory alone', async () => {
    const flags = ['-v', `${canary.path}/etc:/given:ro`];
    const script =
      'grep " /given " /proc/self/mountinfo | cut -d" " -f6; ls /given/..; cat /given/../link /given/../null; echo x > /given/hosts; mount -o remount,rw /given';
    const { stdout } = await run(script, ...flags);
    expect(stdout.split('\n')[0]).toMatch(/^ro,/);
    expect(stdout).not.toContain(canary.secret);
  });
});

describe('the processes', () => {
  test('of the host are not there, and cannot be signalled or traced', async () => {
    const script = `ls /proc | grep -c '^[0-9]'; kill -0 ${process.pid} 2>/dev/null && echo alive; ls /proc/${process.pid} 2>/dev/null; echo end`;
    const [count, ...rest] = (await run(script)).stdout.trim().split('\n');
    expect(Number(count)).toBeLessThan(8);
    expect(rest).toEqual(['end']);
  });

  test('of the host stay closed where their numbers are shared', async () => {
    const script = `cat /proc/${process.pid}/environ /proc/${process.pid}/mem; ls -l /proc/${process.pid}/fd /proc/${process.pid}/root /proc/${process.pid}/cwd/; echo end`;
    const { stdout } = await run(script, '--pid', 'host', '--cap-drop', 'ALL');
    // Their numbers may be listed, where they lead may not be read.
    expect(stdout).not.toContain('->');
    expect(stdout).not.toContain('=');
    expect(stdout).toMatch(/end\n$/);
  });

  test('/proc/1/root is the container’s own', async () => {
    const { stdout } = await run(
      `cat /proc/1/root${canary.path}/etc/passwd; ls /proc/1/root/; ls -di / /proc/1/root/ | cut -c1-12 | uniq | wc -l`,
    );
    expect(stdout).not.toContain(canary.secret);
  });
});

test('an abstract socket of the host is out of reach, unless the network is the host’s', async () => {
  const name = `\0tsrun-test-${process.pid}`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ path: name }, resolve));
  const look = `grep -c '@tsrun-test-${process.pid}' /proc/net/unix`;
  const [own, shared] = await Promise.all([run(look), run(look, '--network', 'host')]);
  expect([own.stdout, shared.stdout]).toEqual(['0\n', '1\n']);
  await new Promise((resolve) => server.close(resolve));
});

test('tsrun itself listens nowhere: no socket with a name, abstract or not', async () => {
  // Other tests run at the same time, each with sockets in a home of its own.
  const isOthers = (name: string): boolean => name.includes(`/${scratchPrefix}`) && !name.startsWith(home.path);
  const names = (): readonly string[] =>
    readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .map((line) => line.split(/\s+/)[7] ?? '')
      .filter((name) => /tsrun/.test(name) && !isOthers(name));
  const before = names();
  const running = startTsrun(['run', '--rm', '--quiet', '-i', busybox, 'sh', '-c', 'echo up; cat'], { env: home.env });
  await running.until('up');
  expect(names()).toEqual(before);
  running.end();
  await running.outcome;
});

test('a device of the host cannot be used, though a node of it can be made', async () => {
  writeFileSync(join(home.path, 'unused'), '');
  const [major, minor] = readFileSync('/proc/partitions', 'utf8').trim().split('\n')[2]?.trim().split(/\s+/) ?? [];
  const script = `mknod /tmp/disk b ${major} ${minor} && head -c 1 /tmp/disk | wc -c; mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem | wc -c; cat /dev/kmsg /dev/mem 2>/dev/null; echo end`;
  const { stdout } = await run(script);
  // Device rules need a control group; where there is none, tsrun says so on every run.
  const notes = await tsrun(['run', '--rm', busybox, 'true'], { env: home.env });
  if (!notes.stderr.includes('device rules are not in force')) expect(stdout.replaceAll('0\n', '')).toBe('end\n');
  else expect(stdout).toContain('end\n');
});
