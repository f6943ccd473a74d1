/** Archives of stored images: the layers' bytes come out of the unpacked files as they went in. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { asLayerRoot } from '../support/layers.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
let store: string;
beforeEach(() => {
  store = mkdtempSync(join(home.path, 'store-'));
});
const run = (args: readonly string[], at = store): Promise<Outcome> =>
  tsrun(args, { env: { ...home.env, TSRUN_STORE: at } });
const fresh = (): string => mkdtempSync(join(home.path, 'other-'));
const out = (name: string): string => join(mkdtempSync(join(home.path, 'out-')), name);

async function ok(args: readonly string[], at = store): Promise<string> {
  const outcome = await run(args, at);
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return outcome.stdout;
}

/** Digests of the members of an archive, by name. */
function members(path: string): ReadonlyMap<string, string> {
  const listed = spawnSync('tar', ['tf', path], { encoding: 'utf8' }).stdout.trim().split('\n');
  return new Map(
    listed.map((name) => {
      const { stdout } = spawnSync('tar', ['xOf', path, name], { maxBuffer: 1 << 30 });
      return [name, createHash('sha256').update(stdout).digest('hex')];
    }),
  );
}

/** A file of a layer, as its owner may change it. */
const change = (script: string, path: string): Buffer => asLayerRoot(['sh', '-euc', script, 'sh', path]);
const layerFile = (at: string, path: string): string => {
  const layers = join(at, 'layers');
  const name = readdirSync(layers).find((one) => existsSync(join(layers, one, path)));
  if (name === undefined) throw new Error(`no layer has ${path}`);
  return join(layers, name, path);
};

/** An image of two layers with a file of each. */
function archive(reference: string, text = 'own\n'): string {
  const layers = [[directory('etc'), file('etc/base', 'base\n')], [file('etc/own', text)]];
  const path = join(mkdtempSync(join(home.path, 'files-')), 'image.tar');
  writeFileSync(path, tarOf(oldDockerArchive([imageOf({ reference, layers, config: {} })])));
  return path;
}

describe('a docker-archive', () => {
  test.each(['busybox-docker.tar', 'layers.tar', 'busybox-layer-zstd.tar', 'several-oci.tar', 'rootfs.tar.xz'])(
    'of what came from %s has layers with the digests of the config, and loads as the same images',
    async (name) => {
      await ok(['load', '-q', fixture(name)]);
      const ids = (await ok(['images', '-q', '--no-trunc'])).trim().split('\n');
      const saved = out('saved.tar');
      await ok(['save', '-o', saved, ...ids]);
      for (const [member, digest] of members(saved)) {
        const hex = /^([0-9a-f]{64})[.](?:tar|json)$/.exec(member)?.[1];
        if (hex !== undefined) expect(digest, member).toBe(hex);
      }
      const other = fresh();
      await ok(['load', '-q', saved], other);
      const again = (await ok(['images', '-q', '--no-trunc'], other)).trim().split('\n');
      expect([...again].sort()).toEqual([...ids].sort());
    },
  );

  test('is the same bytes whoever writes it, to a file or to standard output', async () => {
    await ok(['load', '-q', fixture('layers.tar')]);
    const first = out('first.tar');
    await ok(['save', '-o', first, 'layers']);
    const other = fresh();
    await ok(['load', '-q', first], other);
    const second = out('second.tar');
    const shell = spawnSync(
      'sh',
      ['-c', `"$0" save layers > "$1"`, join(import.meta.dirname, '../../bin/tsrun'), second],
      {
        env: { ...process.env, ...home.env, TSRUN_STORE: other },
      },
    );
    expect(shell.status).toBe(0);
    expect(spawnSync('cmp', [first, second]).status).toBe(0);
  });

  test('has a layer once that several images have, and each name the images were chosen by', async () => {
    for (const name of ['share:a', 'share:b']) await ok(['load', '-q', archive(name, name)]);
    const saved = out('saved.tar');
    await ok(['save', '-o', saved, 'share:a', 'share:b']);
    expect([...members(saved).keys()].filter((name) => name.endsWith('.tar'))).toHaveLength(3);
    const other = fresh();
    await ok(['load', '-q', saved], other);
    const names = await ok(['images', '--format', '{{.Repository}}:{{.Tag}}'], other);
    expect(names.trim().split('\n').sort()).toEqual(['share:a', 'share:b']);
  });
});

describe('an oci-archive', () => {
  test('has gzip layers, and loads as the same image under the same name', async () => {
    await ok(['load', '-q', fixture('layers.tar')]);
    const id = await ok(['images', '-q', '--no-trunc']);
    const saved = out('saved.tar');
    await ok(['save', '--format', 'oci-archive', '-o', saved, 'layers']);
    for (const [member, digest] of members(saved)) {
      if (/^blobs\/sha256\/./.test(member)) expect(member).toBe(`blobs/sha256/${digest}`);
    }
    const other = fresh();
    expect(await ok(['load', '-q', saved], other)).toBe('Loaded image: layers:latest\n');
    expect(await ok(['images', '-q', '--no-trunc'], other)).toBe(id);
  });
});

test('an oci-archive and a pack are the same bytes whether they go to a file or to standard output', async () => {
  // More than is read ahead, and than a pipe holds, of bytes that do not become fewer.
  const random = out('random');
  writeFileSync(random, randomBytes(6_000_000));
  const root = out('root.tar');
  expect(spawnSync('tar', ['cf', root, '-C', dirname(random), 'random']).status).toBe(0);
  await ok(['import', '-q', root, 'large']);
  for (const command of ['save --format oci-archive large', 'image pack large']) {
    const [toFile, toPipe] = [out('file.tar'), out('pipe.tar')];
    await ok([...command.split(' '), '-o', toFile]);
    const script = `"$0" ${command} | cat > "$1"`;
    const env = { ...process.env, ...home.env, TSRUN_STORE: store };
    expect(spawnSync('sh', ['-c', script, tsrunPath, toPipe], { env }).status).toBe(0);
    expect(spawnSync('cmp', [toFile, toPipe]).status).toBe(0);
    expect(
      spawnSync('sh', ['-c', `"$0" ${command} -o /dev/stdout | cmp - "$1"`, tsrunPath, toFile], { env }).status,
    ).toBe(0);
  }
});

describe('other programs read', () => {
  const inspect = (reference: string): unknown => {
    const { stdout, stderr, status } = spawnSync('skopeo', ['inspect', reference], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return JSON.parse(stdout);
  };

  requires('program-skopeo')('both, as skopeo does', async () => {
    await ok(['load', '-q', fixture('layers.tar')]);
    const [docker, oci] = [out('docker.tar'), out('oci.tar')];
    await ok(['save', '-o', docker, 'layers']);
    await ok(['save', '--format', 'oci-archive', '-o', oci, 'layers']);
    for (const reference of [`docker-archive:${docker}:layers:latest`, `oci-archive:${oci}`]) {
      expect(inspect(reference)).toMatchObject({ Os: 'linux', Layers: { length: 3 } });
      const copied = join(fresh(), 'layout');
      const copy = spawnSync('skopeo', ['copy', '-q', reference, `oci:${copied}:x`], { encoding: 'utf8' });
      expect(copy).toMatchObject({ status: 0 });
    }
  });

  requires('program-podman', 'root')('both, as podman load does', async () => {
    await ok(['load', '-q', fixture('layers.tar')]);
    const id = (await ok(['images', '-q', '--no-trunc'])).trim().replace('sha256:', '');
    for (const format of ['docker-archive', 'oci-archive']) {
      const saved = out('saved.tar');
      await ok(['save', '--format', format, '-o', saved, 'layers']);
      // podman wants it short.
      const at = mkdtempSync('/tmp/tsrun-test-');
      mkdirSync(join(at, 'run'));
      const podman = (...args: string[]) =>
        spawnSync(
          'podman',
          ['--root', join(at, 'root'), '--runroot', join(at, 'run'), '--storage-driver', 'vfs', ...args],
          {
            encoding: 'utf8',
          },
        );
      expect(podman('load', '-q', '-i', saved).stderr).toBe('');
      expect(podman('images', '-q', '--no-trunc').stdout.trim()).toBe(`sha256:${id}`);
      rmSync(at, { recursive: true, force: true });
    }
  });
});

describe('what is not as it was', () => {
  test.each([
    ['printf BASE > "$1"', 'has another size'],
    ['printf "BASE\\n" > "$1"', 'holds something else'],
    ['rm "$1"', 'is missing'],
    ['rm "$1"; ln -s /etc/passwd "$1"', 'is no regular file'],
    ['rm "$1"; mkfifo "$1"', 'is no regular file'],
    ['cd "$(dirname "$1")/.."; mv etc away; ln -s away etc', 'is no regular file'],
  ])('is said, and no archive is left: %s', async (script, why) => {
    await ok(['load', '-q', archive('changed:1')]);
    change(script, layerFile(store, 'etc/base'));
    const saved = out('saved.tar');
    const { exitCode, stderr } = await run(['save', '-o', saved, 'changed:1']);
    expect(stderr).toContain(`its file "etc/base" ${why}`);
    expect(exitCode).not.toBe(0);
    expect(readdirSync(join(saved, '..'))).toEqual([]);
  });

  test('a layer of an older tsrun, which kept nothing for it, is to be loaded again', async () => {
    await ok(['load', '-q', archive('older:1')]);
    for (const name of readdirSync(join(store, 'layers'))) {
      if (name.endsWith('.split')) rmSync(join(store, 'layers', name));
    }
    const { exitCode, stderr } = await run(['save', '-o', out('x.tar'), 'older:1']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('older tsrun');
    expect(stderr).toContain('load or pull the image again');
  });

  test('a damaged split is said, not believed', async () => {
    await ok(['load', '-q', archive('damaged:1')]);
    const split = readdirSync(join(store, 'layers')).find((name) => name.endsWith('.split')) ?? '';
    const path = join(store, 'layers', split);
    expect(statSync(path).size).toBeGreaterThan(40);
    change('printf XXXX | dd of="$1" bs=1 seek=30 conv=notrunc 2>/dev/null', path);
    const { exitCode, stderr } = await run(['save', '-o', out('x.tar'), 'damaged:1']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`cannot read "${path}"`);
  });
});

test('a stored image is unpacked for other ids when the file it came from is gone', async () => {
  const path = join(fresh(), 'image.tar');
  copyFileSync(fixture('busybox.tar'), path);
  await ok(['load', '-q', path]);
  rmSync(path);
  // keep-id gives the files other owners, for root and for an ordinary user.
  const before = readdirSync(join(store, 'layers')).length;
  expect(await run(['run', '--rm', '--userns', 'keep-id', 'busybox', 'echo', 'there'])).toMatchObject({
    stdout: 'there\n',
  });
  expect(readdirSync(join(store, 'layers')).length).toBe(2 * before);
});
