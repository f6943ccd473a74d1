/** The same question to the same system, packed by every tool and in every format. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();

/** Made by us; these are always there. */
const own = [
  'busybox.tar',
  'busybox.tar.gz',
  'busybox-oci',
  'busybox-docker.tar',
  'busybox-docker25.tar',
  'busybox-layer-none.tar',
  'busybox-layer-zstd.tar',
  'rootfs.tar',
  'rootfs.tar.gz',
  'rootfs.tar.zst',
  'rootfs.tar.xz',
  'rootfs.tar.bz2',
];
/** Made by other tools, where those are installed. */
const foreign = [
  'skopeo-docker.tar',
  'skopeo-oci.tar',
  'umoci-oci.tar',
  'buildah-oci.tar',
  'podman-docker-archive.tar',
  'podman-oci-archive.tar',
];
const out = join(repository, 'rootfs-fixtures', 'out');
const images = [...own, ...foreign.filter((name) => existsSync(join(out, name)))];

describe('an image runs', () => {
  for (const name of images) {
    test(`from ${name}`, async () => {
      const { stdout, exitCode } = await tsrun(
        ['run', '--rm', '-q', '-u', 'root', join(out, name), 'sh', '-c', 'id; hostname; ps; cat /proc/self/status'],
        { env: home.env },
      );
      expect(exitCode).toBe(0);
      expect(stdout).toContain('uid=0(root) gid=0(root)');
      expect(stdout).toMatch(/^[0-9a-f]{12}$/m);
      expect(stdout).toMatch(/^ +1 root +sh -c id/m);
      expect(stdout).toMatch(/^Seccomp:\s+2$/m);
      expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m);
      // docker's fourteen.
      expect(stdout).toMatch(/^CapEff:\s+00000000a80425fb$/m);
    });
  }
});
