/**
 * Makes the test images, without network: make.sh bundles and runs this file.
 *
 *   make.ts OUT hello      busybox.tar alone
 *   make.ts OUT standard   everything that we write ourselves
 */
import { dirname, join } from 'node:path';
import { busyboxRootfs } from './busybox.ts';
import { type Compression, compress } from './compress.ts';
import { newDockerArchive, oldDockerArchive } from './docker-archive.ts';
import { directory, type Entry, file, symlink } from './entry.ts';
import { imageOf, thisArchitecture } from './image.ts';
import { multiPlatformLayout, ociLayout } from './oci-layout.ts';
import { writeDirectory, writeFile } from './output.ts';
import { compiledPrograms } from './programs.ts';
import { tarOf } from './tar.ts';

const [out, what] = process.argv.slice(2);
if (out === undefined || (what !== 'hello' && what !== 'standard'))
  throw new Error('usage: make.ts OUT hello|standard');

const rootfs = busyboxRootfs();
const shell = { Cmd: ['sh'] } as const;
const busybox = imageOf({ reference: 'busybox:latest', layers: [rootfs], config: shell });
const tar = (name: string, entries: readonly Entry[]): void => writeFile(out, name, tarOf(entries));

tar('busybox.tar', ociLayout([busybox]));

if (what === 'standard') {
  // The same image in every layout.
  writeDirectory(out, 'busybox-oci', ociLayout([busybox]));
  tar('busybox-docker.tar', oldDockerArchive([busybox]));
  tar('busybox-docker25.tar', newDockerArchive([busybox]));
  for (const compression of ['none', 'zstd'] as const) {
    tar(
      `busybox-layer-${compression}.tar`,
      ociLayout([imageOf({ reference: 'busybox:latest', layers: [rootfs], config: shell, compression })]),
    );
  }
  writeFile(out, 'busybox.tar.gz', compress(tarOf(ociLayout([busybox])), 'gzip'));

  // A plain root filesystem.
  const plain: readonly (readonly [string, Compression])[] = [
    ['rootfs.tar', 'none'],
    ['rootfs.tar.gz', 'gzip'],
    ['rootfs.tar.zst', 'zstd'],
    ['rootfs.tar.xz', 'xz'],
    ['rootfs.tar.bz2', 'bzip2'],
  ];
  for (const [name, compression] of plain) writeFile(out, name, compress(tarOf(rootfs), compression));

  // Several layers: a file replaced, one removed, a directory made opaque, a directory turned into a file.
  tar(
    'layers.tar',
    ociLayout([
      imageOf({
        reference: 'layers:latest',
        config: shell,
        layers: [
          [
            ...rootfs,
            directory('data'),
            file('data/kept', 'bottom\n'),
            file('data/replaced', 'bottom\n'),
            file('data/removed', 'bottom\n'),
            directory('data/opaque'),
            file('data/opaque/hidden', 'bottom\n'),
            directory('data/becomes-file'),
            file('data/becomes-file/inside', 'bottom\n'),
          ],
          [
            file('data/replaced', 'middle\n'),
            file('data/.wh.removed', ''),
            directory('data/opaque'),
            file('data/opaque/.wh..wh..opq', ''),
            file('data/opaque/seen', 'middle\n'),
            file('data/becomes-file', 'middle\n'),
          ],
          [file('data/top', 'top\n'), symlink('data/link', 'kept')],
        ],
      }),
    ]),
  );

  // One image for this machine and one for another, behind an index.
  const other = thisArchitecture === 'amd64' ? 'arm64' : 'amd64';
  const forPlatform = (architecture: string) =>
    imageOf({
      reference: 'platforms:latest',
      architecture,
      config: shell,
      layers: [[...rootfs, file('etc/platform', `${architecture}\n`)]],
    });
  tar('platforms.tar', multiPlatformLayout([forPlatform(other), forPlatform(thisArchitecture)], 'platforms:latest'));
  tar('other-platform.tar', ociLayout([{ ...forPlatform(other), reference: 'other:latest' }]));

  // Several images in one archive.
  const tagged = (tag: string) =>
    imageOf({
      reference: `several:${tag}`,
      config: shell,
      layers: [rootfs, [file('etc/tag', `${tag}\n`)]],
    });
  tar('several.tar', oldDockerArchive([tagged('one'), tagged('two')]));
  tar('several-oci.tar', ociLayout([tagged('one'), tagged('two')]));

  // Everything a config document can ask for.
  tar(
    'config.tar',
    ociLayout([
      imageOf({
        reference: 'config:latest',
        layers: [
          [
            ...rootfs,
            directory('srv', 0o755, 1000),
            directory('srv/data', 0o750, 1000),
            file('srv/data/seed', 'from the image\n'),
          ],
        ],
        config: {
          Env: ['PATH=/bin:/usr/bin', 'GREETING=hello', 'EMPTY='],
          Entrypoint: ['sh', '-c', 'echo "$GREETING $*"', 'entrypoint'],
          Cmd: ['from', 'cmd'],
          User: 'alice:audio',
          WorkingDir: '/srv',
          StopSignal: 'SIGUSR1',
          Volumes: { '/srv/data': {} },
          ExposedPorts: { '8080/tcp': {} },
          Labels: { 'org.example.purpose': 'tests' },
        },
      }),
    ]),
  );

  // busybox and the programs that try things.
  const programs = compiledPrograms(join(dirname(out), 'programs'));
  tar(
    'programs.tar',
    ociLayout([
      imageOf({
        reference: 'programs:latest',
        config: shell,
        layers: [rootfs, [directory('usr/local'), directory('usr/local/bin'), ...programs]],
      }),
    ]),
  );
}
