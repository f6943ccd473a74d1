/** What podman and umoci make of an image that a container was committed to: the same image, the same tree. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { missing } from '../support/needs.ts';
import { skopeoCopy } from '../support/registry.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
// podman wants it short.
const graph = mkdtempSync('/tmp/tsrun-test-');
afterAll(() => {
  rmSync(graph, { recursive: true, force: true });
  home[Symbol.dispose]();
});

const tool = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 }).trim();
const podman = (...args: readonly string[]): string =>
  tool('podman', '--root', join(graph, 'root'), '--runroot', join(graph, 'run'), '--storage-driver', 'vfs', ...args);

async function ok(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await tsrun(args, { env: home.env });
  // Limits that this machine cannot keep are told there.
  expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
  return stdout.trim();
}

const path = (name: string): string => join(home.path, name);
const formats = ['docker-archive', 'oci-archive'] as const;
let id = '';
/** Type, mode, owner, time, size and target of every file. */
let tree: readonly string[] = [];

const listed = (directory: string): readonly string[] =>
  tool('find', directory, '-mindepth', '1', '-printf', '%P %y %m %U:%G %T@ %l\n')
    .split('\n')
    // Directories of a container that is made have the time of their making: its mount points lie in them.
    .map((line) => line.replace(/^(\S* d \d+ \d+:\d+) \S+/, '$1'))
    .sort();

beforeAll(async () => {
  if (missing('root') !== null) return;
  mkdirSync(path('new'));
  writeFileSync(path('new/file'), 'new\n');
  // podman exports whole seconds.
  utimesSync(path('new/file'), 1_700_000_000, 1_700_000_000);
  await ok('load', '-q', fixture('layers.tar'));
  await ok('create', '--name', 'changed', 'layers', 'true');
  await ok('cp', path('new'), 'changed:/new');
  await ok('commit', '-m', 'a file', '-c', 'ENV A=b', 'changed', 'team/committed:1');
  await ok('rm', 'changed');
  id = JSON.parse(await ok('inspect', 'team/committed:1'))[0].Id;
  for (const format of formats) await ok('save', '--format', format, '-o', path(`${format}.tar`), 'team/committed:1');
  await ok('create', '--name', 'again', 'team/committed:1', 'true');
  await ok('export', '-o', path('exported.tar'), 'again');
  await ok('rm', 'again');
  mkdirSync(path('exported'));
  tool('tar', '-xpf', path('exported.tar'), '--numeric-owner', '-C', path('exported'));
  tree = listed(path('exported'));
  expect(tree.length).toBeGreaterThan(3);
});

for (const format of formats) {
  requires('root', 'program-podman')(`podman has the same image of a ${format}, and the same tree`, () => {
    podman('load', '-q', '-i', path(`${format}.tar`));
    expect(podman('images', '-q', '--no-trunc')).toBe(id);
    expect(podman('image', 'inspect', '--format', '{{.Config.Env}}', id)).toContain('A=b');
    const container = podman('create', '--quiet', id, 'true');
    const at = path(`podman-${format}`);
    mkdirSync(at);
    tool('sh', '-euc', 'tar -xpf "$1" --numeric-owner -C "$2"', 'sh', exported(container, at), at);
    expect(listed(at)).toEqual(tree);
    podman('rm', container);
    podman('rmi', id);
  });
}

function exported(container: string, at: string): string {
  podman('export', '-o', `${at}.tar`, container);
  return `${at}.tar`;
}

requires(
  'root',
  'program-umoci',
  'program-skopeo',
)('umoci unpacks the same tree of an oci-archive', async () => {
  await skopeoCopy(`oci-archive:${path('oci-archive.tar')}`, `oci:${path('layout')}:1`);
  tool('umoci', 'unpack', '--image', `${path('layout')}:1`, path('bundle'));
  expect(listed(path('bundle/rootfs'))).toEqual(tree);
});
