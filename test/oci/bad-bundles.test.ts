/** Bundles with something wrong: one error that names it, one line in the log, and nothing is left. */
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type MutableConfig, makeBundle, type TestBundle } from './bundle.ts';
import type { OciOutcome } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

type Damage = (config: MutableConfig, bundle: TestBundle) => void;

interface Case {
  readonly what: string;
  readonly damage: Damage;
  /** In the first line of the error or the one below: the field or the step. */
  readonly named: string;
}

const mappings = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ containerID: index * 2, hostID: 100_000 + index * 2, size: 1 }));

/** A user namespace with these. */
const users =
  (lines: readonly object[]): Damage =>
  (config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'user');
    config.linux.namespaces.push({ type: 'user' });
    config.linux['uidMappings'] = lines;
    config.linux['gidMappings'] = lines;
  };

/** The whole document, which {@link TestBundle.configure} writes, made into something else. */
const rewritten =
  (change: (text: string) => string | Buffer): Damage =>
  (_, bundle) => {
    const path = join(bundle.path, 'config.json');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };

const set = (path: string, value: unknown): Damage => {
  const names = path.split('.');
  return (config) => {
    let at = config as unknown as Record<string, unknown>;
    for (const name of names.slice(0, -1)) at = at[name] as Record<string, unknown>;
    at[names.at(-1) ?? ''] = value;
  };
};
const mount =
  (value: object): Damage =>
  (config) =>
    void config.mounts.push(value as Record<string, unknown>);

/** Done before config.json is written, and after. */
const cases: readonly Case[] = [
  { what: 'no process', damage: set('process', undefined), named: 'process' },
  { what: 'no arguments', damage: set('process.args', []), named: 'process.args' },
  { what: 'no working directory', damage: set('process.cwd', undefined), named: 'process.cwd' },
  { what: 'no root', damage: set('root', undefined), named: 'root' },
  { what: 'no version', damage: set('ociVersion', undefined), named: 'ociVersion' },
  { what: 'arguments of the wrong type', damage: set('process.args', 'sh'), named: 'process.args' },
  { what: 'an id of the wrong type', damage: set('process.user.uid', '0'), named: 'process.user.uid' },
  { what: 'mounts of the wrong type', damage: set('mounts', { '/proc': 'proc' }), named: 'mounts' },
  {
    what: 'a limit beyond 64 bits',
    damage: set('process.rlimits', [{ type: 'RLIMIT_NOFILE', soft: 1e30, hard: 1 }]),
    named: 'process.rlimits[0].soft',
  },
  {
    what: 'an unknown namespace',
    damage: (config) => config.linux.namespaces.push({ type: 'colour' }),
    named: 'linux.namespaces[',
  },
  {
    what: 'a namespace twice',
    damage: (config) => config.linux.namespaces.push({ type: 'pid' }),
    named: '"pid" is there twice',
  },
  {
    what: 'a namespace of another type',
    damage: (config) => {
      config.linux.namespaces = config.linux.namespaces.map((ns) =>
        ns.type === 'uts' ? { type: 'uts', path: '/proc/self/ns/pid' } : ns,
      );
    },
    named: 'join the uts namespace',
  },
  {
    what: 'a namespace that is not there',
    damage: (config) => {
      config.linux.namespaces = config.linux.namespaces.map((ns) =>
        ns.type === 'uts' ? { type: 'uts', path: '/nosuch' } : ns,
      );
    },
    named: 'join the uts namespace',
  },
  {
    what: 'a capability that is no name',
    damage: set('process.capabilities.bounding', [21]),
    named: 'process.capabilities.bounding[0]',
  },
  {
    what: 'an unknown filesystem',
    damage: mount({ destination: '/x', type: 'nosuchfs' }),
    named: 'mount nosuchfs at "/x"',
  },
  { what: 'a mount without a source', damage: mount({ destination: '/x', options: ['bind'] }), named: '.source' },
  {
    what: 'a source that is not there',
    damage: mount({ destination: '/x', source: '/nosuch', options: ['bind'] }),
    named: '"/nosuch"',
  },
  {
    what: 'a directory onto a file',
    damage: mount({ destination: '/etc/passwd', source: '/', options: ['bind'] }),
    named: '"/etc/passwd"',
  },
  {
    what: 'a bad parameter',
    damage: mount({ destination: '/tmp', type: 'tmpfs', options: ['size=much'] }),
    named: 'size=much',
  },
  {
    what: 'overlapping mappings',
    damage: users([
      { containerID: 0, hostID: 100_000, size: 10 },
      { containerID: 5, hostID: 200_000, size: 10 },
    ]),
    named: 'linux.uidMappings',
  },
  {
    what: 'an empty mapping',
    damage: users([{ containerID: 0, hostID: 100_000, size: 0 }]),
    named: 'linux.uidMappings[0].size',
  },
  {
    what: 'a mapping beyond the last id',
    damage: users([{ containerID: 0, hostID: 4_294_967_290, size: 100 }]),
    named: 'linux.uidMappings[0]',
  },
  { what: '70,000 mappings', damage: users(mappings(70_000)), named: 'linux.uidMappings' },
  {
    what: 'a kernel parameter of the machine',
    damage: set('linux.sysctl', { 'kernel.core_pattern': '|/bin/sh' }),
    named: 'kernel.core_pattern',
  },
  {
    what: 'a kernel parameter that climbs',
    damage: set('linux.sysctl', { 'net.../../kernel/core_pattern': 'x' }),
    named: 'linux.sysctl',
  },
  {
    what: 'a hook without a path',
    damage: set('hooks', { createRuntime: [{ args: ['x'] }] }),
    named: 'hooks.createRuntime[0].path',
  },
  {
    what: 'a hook that is not there',
    damage: set('hooks', { createRuntime: [{ path: '/nosuch' }] }),
    named: 'createRuntime hook number 0 (/nosuch)',
  },
  {
    what: 'a seccomp action that is none',
    damage: set('linux.seccomp', { defaultAction: 'SCMP_ACT_MAYBE' }),
    named: 'linux.seccomp.defaultAction',
  },
  { what: 'no such root directory', damage: set('root.path', 'nosuch'), named: 'nosuch' },
  { what: 'a command that is not there', damage: set('process.args', ['/nosuch']), named: '/nosuch' },
];

const documents: readonly Case[] = [
  { what: 'no config.json', damage: (_, { path }) => rmSync(join(path, 'config.json')), named: 'config.json' },
  { what: 'a config.json cut short', damage: rewritten((text) => text.slice(0, -2)), named: 'config.json' },
  { what: 'a config.json that is a list', damage: rewritten((text) => `[${text}]`), named: 'config.json' },
  {
    what: 'bytes that are no UTF-8',
    damage: rewritten((text) => Buffer.concat([Buffer.from(text.replace('"sh"', '"')), Buffer.of(0xff, 0xfe)])),
    named: 'config.json',
  },
  {
    what: 'a config.json that is a directory behind links in a circle',
    damage: (_, { path }) => {
      rmSync(join(path, 'config.json'));
      symlinkSync('config.json', join(path, 'config.json'));
    },
    named: 'config.json',
  },
];

function expectRefused(bundle: TestBundle, named: string): void {
  const before = readdirSync(bundle.rootfs).sort();
  const log = join(bundle.path, 'log.json');
  const refused: OciOutcome = bundle.oci(['--log', log, '--log-format', 'json', 'create', 'c']);
  // One that was taken by mistake would wait for its start for ever.
  if (refused.status === 0) bundle.oci(['delete', '--force', 'c']);
  expect(refused.status).toBe(1);
  expect(refused.stdout).toBe('');
  expect(refused.stderr.split('\n').filter((line) => line.startsWith('tsrun-oci: '))).toHaveLength(1);
  expect(refused.stderr).toContain(named);
  // Words for people, not a stack.
  expect(refused.stderr).not.toMatch(/^\s+at /m);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', msg: expect.stringContaining(named) });
  expect(existsSync(bundle.root) ? readdirSync(bundle.root) : []).toEqual([]);
  expect(readdirSync(bundle.rootfs).filter((name) => !before.includes(name) && name !== 'x')).toEqual([]);
}

describe('create refuses', () => {
  test.each(cases)('$what', ({ damage, named }) => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => damage(config, bundle));
    expectRefused(bundle, named);
  });
  test.each(documents)('$what', ({ damage, named }) => {
    const bundle = makeBundle(home.path);
    bundle.configure(() => {});
    damage({} as MutableConfig, bundle);
    expectRefused(bundle, named);
  });
});

describe('what is odd and not wrong', () => {
  test('mounts at one place lie upon each other, and the last is seen', () => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => {
      config.process.args = ['grep', '-c', ' /tmp ', '/proc/self/mountinfo'];
      for (const size of ['1m', '2m'])
        config.mounts.push({ destination: '/tmp', type: 'tmpfs', options: [`size=${size}`] });
    });
    expect(bundle.oci(['run', 'c'])).toEqual({ stdout: '2\n', stderr: '', status: 0 });
  });

  test('destinations with .. and links everywhere stay in the root', () => {
    const bundle = makeBundle(home.path);
    const outside = join(bundle.path, 'outside');
    symlinkSync('../../../../../../../..', join(bundle.rootfs, 'up'));
    symlinkSync(bundle.path, join(bundle.rootfs, 'whole'));
    bundle.configure((config) => {
      config.process.args = ['sh', '-c', "grep -E 'outside|climbed' /proc/self/mountinfo | wc -l"];
      for (const destination of ['/../../../climbed', `/up${outside}`, '/whole/outside/below', '/up/../outside2'])
        config.mounts.push({ destination, type: 'tmpfs' });
    });
    expect(bundle.oci(['run', 'c'])).toEqual({ stdout: '4\n', stderr: '', status: 0 });
    expect(readdirSync(bundle.path).sort()).toEqual(['config.json', 'rootfs', 'state']);
    expect(existsSync('/climbed')).toBe(false);
  });

  requires('root', 'cgroup-v2')('a control group that climbs ends at the top of the hierarchy', () => {
    const bundle = makeBundle(home.path);
    const name = basename(bundle.path);
    bundle.configure((config) => {
      config.linux.cgroupsPath = `../../../../../../../../${name}`;
    });
    expect(bundle.oci(['create', 'c'])).toEqual({ stdout: '', stderr: '', status: 0 });
    const { pid } = JSON.parse(bundle.oci(['state', 'c']).stdout) as { pid: number };
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toMatch(new RegExp(`^0::/(tsrun/)?${name}$`, 'm'));
    bundle.oci(['delete', '--force', 'c']);
  });

  test('an environment of 10 MB is more than the kernel takes: run says so, and leaves nothing', () => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => {
      config.process.args = ['true'];
      config.process.env = ['PATH=/bin', ...Array.from({ length: 100 }, (_, i) => `V${i}=${'x'.repeat(100_000)}`)];
    });
    const refused = bundle.oci(['run', 'c']);
    expect(refused.status).toBe(255);
    expect(refused.stderr).toContain('cannot start "true"');
    expect(refused.stderr).toContain('101 variables of 10000');
    expect(readdirSync(bundle.root)).toEqual([]);
  });
});
