/** The same layers through programs of others: GNU tar for one layer, umoci for stacks of them. */
import { join } from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import { imageOf, sha256 } from '../../rootfs-fixtures/image.ts';
import { randomLayers } from '../../rootfs-fixtures/layers/random.ts';
import { ociLayout } from '../../rootfs-fixtures/oci-layout.ts';
import { writeDirectory } from '../../rootfs-fixtures/output.ts';
import { makeHome } from '../support/home.ts';
import { applyAll, applyOne, asLayerRoot, type ListedFile, listMerged, listTree } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

// Thirty stacks by a program that takes its time.
vi.setConfig({ testTimeout: 600_000 });
const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** A tree with a bit of everything, made of what every Debian has. */
const makeTree = `
mkdir "$1"; cd "$1"
cp -r --preserve=mode,timestamps,links /usr/share/zoneinfo /usr/share/perl5 /usr/share/terminfo . 2>/dev/null || :
ln -s ../etc/passwd link; ln -s nowhere dangling; mkfifo pipe
printf content > f; ln f hard; ln -P link hard-link-to-symlink; chmod 4711 f
truncate -s 50M sparse; printf middle | dd of=sparse bs=1 seek=20000000 conv=notrunc status=none
for i in $(seq 1 60); do printf x | dd of=holes bs=1 seek=$((i * 100000)) conv=notrunc status=none; done
long=$(printf '%0200d' 1); mkdir -p "$long/$long"; printf long > "$long/$long/file"; ln -s "$long/$long/file" longlink
printf 'bytes' > "$(printf 'latin1-\\344-\\377 \\n newline')"
touch -d '1960-01-01 00:00:00.123456789' old; touch -d '2030-06-01 12:00:00.987654321' new
setfattr -n user.text -v 'some text' f; setfattr -n user.binary -v 0x00ff0a f; setfattr -n user.dir -v d zoneinfo 2>/dev/null || :
mkdir -m 2775 setgid; mkdir -m 1777 sticky; mkdir -m 0 closed; : > empty
chown -h 7:8 link f old; chown 1000:1000 zoneinfo setgid holes
touch -d '2001-02-03 04:05:06.789' sticky zoneinfo .
`;

const needs = requires('program-python3', 'program-setfattr', 'subuid');
for (const format of ['pax', 'gnu'] as const) {
  for (const sparse of format === 'pax' ? ['0.0', '0.1', '1.0'] : ['old']) {
    needs(`a tree of this machine is unpacked as GNU tar does it (${format}, sparse ${sparse})`, async () => {
      const [source, other] = [
        join(home.path, `source-${format}-${sparse}`),
        join(home.path, `tar-${format}-${sparse}`),
      ];
      asLayerRoot(['sh', '-uc', makeTree, 'sh', source]);
      const xattrs = format === 'pax' ? ['--xattrs', '--xattrs-include=*'] : [];
      const version = format === 'pax' ? [`--sparse-version=${sparse}`] : [];
      const create = [
        'tar',
        '-C',
        source,
        `--format=${format}`,
        '-S',
        ...version,
        ...xattrs,
        '--numeric-owner',
        '-cf',
        '-',
        '.',
      ];
      const bytes = asLayerRoot(create);
      asLayerRoot(
        ['sh', '-euc', 'mkdir "$1"; tar -C "$1" --numeric-owner -p --xattrs --xattrs-include="*" -xf -', 'sh', other],
        bytes,
      );
      const [ours, theirs] = [listTree((await applyOne(home.path, bytes)).target), listTree(other)];
      expect(Object.keys(ours).length).toBeGreaterThan(1000);
      expect(ours).toEqual(theirs);
    });
  }
}

type Tree = Readonly<Record<string, ListedFile>>;
/**
 * Times of directories differ: umoci touches parents, and implied ones have the time of unpacking there. Hard links within
 * a lower layer come apart when one of them is linked to from above, as with every copy-up of overlayfs.
 */
function comparable(tree: Tree): unknown {
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([path]) => path !== '.')
      .map(([path, { xattrs: _, link: __, mtime, ...file }]) => [
        path,
        file.type === 'directory' ? file : { ...file, mtime },
      ]),
  );
}

requires(
  'program-python3',
  'program-umoci',
  'subuid',
)('random stacks of layers show what umoci unpacks', async () => {
  let compared = 0;
  for (let seed = 1; seed <= 30; seed += 1) {
    const layers = randomLayers(seed, 3, 10);
    const blobs = layers.map((tar) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', bytes: tar, tar }));
    const empty = imageOf({ reference: 'x:latest', layers: [], config: {} });
    const config = JSON.parse(empty.config.toString()) as { rootfs: { diff_ids: string[] } };
    config.rootfs.diff_ids = layers.map((tar) => `sha256:${sha256(tar)}`);
    const layout = ociLayout([{ ...empty, layers: blobs, config: Buffer.from(JSON.stringify(config)) }]);
    writeDirectory(home.path, `image-${seed}`, layout);
    const bundle = join(home.path, `bundle-${seed}`);
    let theirs: unknown;
    try {
      asLayerRoot(['umoci', 'unpack', '--image', `${join(home.path, `image-${seed}`)}:latest`, bundle]);
      theirs = comparable(listTree(join(bundle, 'rootfs')));
    } catch {
      continue;
    }
    const ours = await applyAll(home.path, layers).catch(() => null);
    // Either may refuse what the other one takes: a file below a file, a hard link to nothing.
    if (ours === null) continue;
    compared += 1;
    expect(comparable(listMerged(home.path, ours)), `seed ${seed}`).toEqual(theirs);
  }
  expect(compared).toBeGreaterThan(10);
});
