/** Writes of tsrun-oci to procfs where a bundle, or the container itself, has put something else at /proc (CVE-2019-16884, CVE-2025-52881). */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle, type TestBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const parameter = 'sys/net/ipv4/ip_forward';
const host = readFileSync(join('/proc', parameter), 'utf8').trim();
const other = host === '1' ? '0' : '1';
const files = [parameter, 'thread-self/attr/exec', 'self/attr/exec', 'thread-self/attr/apparmor/exec'];

/** A container that runs, with a tree at /proc that looks like procfs to who does not look twice. */
function withFakeProc(): { readonly bundle: TestBundle; fake(name: string): string } {
  const bundle = makeBundle(home.path);
  const fake = (name: string): string => join(bundle.path, 'fake', name);
  for (const name of files) {
    mkdirSync(join(fake(name), '..'), { recursive: true });
    writeFileSync(fake(name), 'as before');
  }
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.mounts.push({ destination: '/proc', source: fake('.'), options: ['bind', 'rw'] });
    if (!config.linux.namespaces.some(({ type }) => type === 'network'))
      config.linux.namespaces.push({ type: 'network' });
    Object.assign(config.linux, { maskedPaths: [], readonlyPaths: [], sysctl: { 'net.ipv4.ip_forward': other } });
  });
  return { bundle, fake };
}

describe('with a volume at /proc', () => {
  const { bundle, fake } = withFakeProc();
  afterAll(() => void bundle.oci(['delete', '--force', 'c']));

  test('a kernel parameter reaches the kernel, in the namespace of the container', () => {
    expect(bundle.oci(['run', '--detach', 'c'])).toEqual({ stdout: '', stderr: '', status: 0 });
    const { pid } = JSON.parse(bundle.oci(['state', 'c']).stdout) as { pid: number };
    const join_ = ['-t', String(pid), '-n', ...(process.getuid?.() === 0 ? [] : ['-U', '--preserve-credentials'])];
    const inside = spawnSync('nsenter', [...join_, 'cat', join('/proc', parameter)], { encoding: 'utf8' });
    expect(inside).toMatchObject({ stdout: `${other}\n`, stderr: '' });
    expect(readFileSync(join('/proc', parameter), 'utf8').trim()).toBe(host);
    expect(readFileSync(fake(parameter), 'utf8')).toBe('as before');
  });

  test.each(['--apparmor', '--process-label'])(
    'exec with %s is refused: the file would take the label, and nobody would confine',
    (flag) => {
      const refused = bundle.oci(['exec', flag, 'confined', 'c', 'echo', 'ran']);
      expect(refused).toMatchObject({ stdout: '', status: 255 });
      expect(refused.stderr).toContain('no procfs');
      for (const name of files) expect(readFileSync(fake(name), 'utf8')).toBe('as before');
    },
  );

  test('exec without one runs', () => {
    expect(bundle.oci(['exec', 'c', 'echo', 'ran'])).toEqual({ stdout: 'ran\n', stderr: '', status: 0 });
  });
});
