/** What podman, buildah and umoci make of an image that a container was committed to, saved or pushed: the same image, the same tree. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { missing } from '../support/needs.ts';
import { registryNeeds, skopeoCopy, startRegistry } from '../support/registry.ts';
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

const buildah = (...args: readonly string[]): string =>
  tool('buildah', '--root', join(graph, 'root'), '--runroot', join(graph, 'run'), '--storage-driver', 'vfs', ...args);

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

for (const format of formats) {
  requires('root', 'program-buildah')(`buildah has the same image of a ${format}, and the same tree`, () => {
    expect(`sha256:${buildah('pull', '-q', `${format}:${path(`${format}.tar`)}`)}`).toBe(id);
    expect(treeOfBuildah()).toEqual(tree);
  });
}

/** As buildah has it, which then has nothing any more. */
function treeOfBuildah(): readonly string[] {
  const container = buildah('from', '--quiet', '--pull-never', id);
  const found = listed(buildah('mount', container));
  buildah('rm', container);
  buildah('rmi', id);
  return found;
}

requires(
  'root',
  'program-podman',
  'program-buildah',
  ...registryNeeds,
)(
  'podman and buildah pull what was pushed: the same digest, image and tree; what podman pushes of it is the same for us',
  async () => {
    const registry = await startRegistry(home);
    try {
      const name = `${registry.host}/team/pushed:1`;
      const digest = /^Digest: (\S+)/m.exec(await ok('push', 'team/committed:1', name))?.[1];
      expect(`sha256:${buildah('pull', '-q', '--tls-verify=false', name)}`).toBe(id);
      expect(treeOfBuildah()).toEqual(tree);
      expect(`sha256:${podman('pull', '-q', '--tls-verify=false', name)}`).toBe(id);
      expect(podman('image', 'inspect', '--format', '{{.Digest}}', id)).toBe(digest);

      const back = `${registry.host}/team/back:1`;
      podman('push', '-q', '--tls-verify=false', '--digestfile', path('digest'), id, back);
      podman('rmi', id);
      const store = { env: { ...home.env, TSRUN_STORE: path('back') } };
      const pulled = await tsrun(['pull', back], store);
      expect(/^Digest: (\S+)/m.exec(pulled.stdout)?.[1]).toBe(readFileSync(path('digest'), 'utf8'));
      expect(JSON.parse((await tsrun(['inspect', back], store)).stdout)[0].Id).toBe(id);
      expect((await tsrun(['image', 'verify'], store)).stdout).toMatch(/^1 image, .*: nothing is wrong\n$/);
    } finally {
      await registry.stop();
    }
  },
);

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
