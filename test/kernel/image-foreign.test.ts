/** Images as other tools write them, made on the spot from one small layout. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { ociLayout } from '../../rootfs-fixtures/oci-layout.ts';
import { writeDirectory } from '../../rootfs-fixtures/output.ts';
import type { ReadyImage } from '../../src/image/image.ts';
import { openImage } from '../../src/image/open-image.ts';
import { makeHome } from '../support/home.ts';
import { imageContext } from '../support/image-context.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
const storageConf = join(home.path, 'storage.conf');
const layout = join(home.path, 'layout');
const run = join(home.path, 'run');
const graph = join(home.path, 'graph');
const policy = ['--signature-policy', join(home.path, 'policy.json')];

beforeAll(() => {
  const image = imageOf({
    reference: 'origin:latest',
    layers: [[directory('etc'), file('etc/name', 'origin\n'), file('etc/removed', 'x')]],
    config: { Cmd: ['sh'], User: '1000:29', Env: ['PATH=/bin', 'A=b c'] },
  });
  writeDirectory(home.path, 'layout', ociLayout([image]));
  writeFileSync(join(home.path, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
  // The tools' own storage, away from this machine's.
  writeFileSync(storageConf, `[storage]\ndriver = "vfs"\nrunroot = "${run}"\ngraphroot = "${graph}"\n`);
});
afterAll(() => home[Symbol.dispose]());

const tool = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, {
    encoding: 'utf8',
    cwd: home.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CONTAINERS_STORAGE_CONF: storageConf },
  }).trim();

async function opened(argument: string): Promise<Extract<ReadyImage, { type: 'layers' }>> {
  const image = await openImage(argument, imageContext(home));
  if (image.type !== 'layers') throw new Error(`${argument} is not an image with layers`);
  closeSync(image.lock);
  return image;
}
const path = (name: string): string => join(home.path, name);
const originConfig = { cmd: ['sh'], user: '1000:29', env: ['PATH=/bin', 'A=b c'] };

/** The same image: its one layer and its config, whatever it was wrapped in. */
async function expectOrigin(argument: string, name: string): Promise<void> {
  const image = await opened(argument);
  expect(image.config).toMatchObject(originConfig);
  expect(image.layers).toHaveLength(1);
  expect(readFileSync(join(image.layers[0] ?? '', 'etc', 'name'), 'utf8')).toBe('origin\n');
  expect(image.names).toEqual([name]);
}

const skopeo = (to: string, ...options: readonly string[]): string =>
  tool('skopeo', '--policy', path('policy.json'), 'copy', '--quiet', ...options, `oci:${layout}:latest`, to);

requires('program-skopeo')('skopeo: docker-archive, with its links between layers', async () => {
  skopeo(`docker-archive:${path('skopeo-docker.tar')}:origin:1.0`);
  await expectOrigin(path('skopeo-docker.tar'), 'origin:1.0');
});

requires('program-skopeo')('skopeo: oci-archive with a bare tag takes the name of its file', async () => {
  skopeo(`oci-archive:${path('skopeo-oci.tar')}:v2`);
  await expectOrigin(path('skopeo-oci.tar'), 'skopeo-oci:v2');
});

requires('program-skopeo')('skopeo: an OCI layout with zstd layers, by its tag', async () => {
  skopeo(`oci:${path('skopeo-layout')}:z`, '--dest-compress-format', 'zstd');
  await expectOrigin(`${path('skopeo-layout')}:z`, 'skopeo-layout:z');
});

requires('program-skopeo')('skopeo: dir: is named, with what to do instead', async () => {
  skopeo(`dir:${path('skopeo-dir')}`);
  await expect(opened(path('skopeo-dir'))).rejects.toThrow(
    expect.objectContaining({ code: 'IMAGE_UNSUPPORTED', hint: expect.stringContaining('skopeo copy') }),
  );
});

requires('program-umoci')('umoci: a layer of its own on top, with a whiteout', async () => {
  tool('cp', '-r', layout, 'umoci');
  const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
  tool('umoci', 'unpack', ...rootless, '--image', 'umoci:latest', 'bundle');
  tool('rm', 'bundle/rootfs/etc/removed');
  writeFileSync(path('bundle/rootfs/etc/name'), 'umoci\n');
  tool('umoci', 'repack', '--image', 'umoci:latest', 'bundle');
  tool('umoci', 'config', '--image', 'umoci:latest', '--config.user', '1001');
  const image = await opened(path('umoci'));
  expect(image.config).toMatchObject({ ...originConfig, user: '1001' });
  expect(image.layers).toHaveLength(2);
  expect(readFileSync(join(image.layers[1] ?? '', 'etc', 'name'), 'utf8')).toBe('umoci\n');
  expect(tool('stat', '-c', '%F', join(image.layers[1] ?? '', 'etc', 'removed'))).toBe('character special file');
});

requires(
  'root',
  'program-buildah',
  'program-skopeo',
)('buildah: committed to an oci-archive', async () => {
  skopeo(`docker-archive:${path('for-buildah.tar')}:origin:1`);
  const container = tool('buildah', ...policy, 'from', `docker-archive:${path('for-buildah.tar')}`);
  tool('buildah', 'config', '--env', 'MADE_BY=buildah', '--workingdir', '/tmp', container);
  mkdirSync(path('extra'));
  writeFileSync(path('extra/name'), 'buildah\n');
  tool('buildah', 'copy', '--quiet', container, path('extra/name'), '/etc/name');
  tool('buildah', ...policy, 'commit', '--quiet', '--rm', container, `oci-archive:${path('buildah.tar')}:made:1`);
  const image = await opened(path('buildah.tar'));
  expect(image.config).toMatchObject({
    ...originConfig,
    workingDir: '/tmp',
    env: [...originConfig.env, 'MADE_BY=buildah'],
  });
  expect(readFileSync(join(image.layers.at(-1) ?? '', 'etc', 'name'), 'utf8')).toBe('buildah\n');
});

requires(
  'root',
  'program-podman',
  'program-skopeo',
)('podman: saved in both formats, one or several', async () => {
  skopeo(`docker-archive:${path('for-podman.tar')}:localhost/origin:1`);
  const podman = (...args: readonly string[]): string =>
    tool('podman', '--root', graph, '--runroot', run, '--storage-driver', 'vfs', ...args);
  podman('load', '--quiet', ...policy, '--input', path('for-podman.tar'));
  for (const format of ['docker-archive', 'oci-archive']) {
    podman('save', '--quiet', '--format', format, '--output', path(`podman-${format}.tar`), 'localhost/origin:1');
    await expectOrigin(path(`podman-${format}.tar`), 'origin:1');
  }
  podman('tag', 'localhost/origin:1', 'localhost/origin:2');
  podman('save', '--quiet', '-m', '--output', path('podman-many.tar'), 'localhost/origin:1', 'localhost/origin:2');
  // Two names of one image: nothing to choose.
  expect((await opened(path('podman-many.tar'))).names.toSorted()).toEqual(['origin:1', 'origin:2']);
});
