/** Images for attacks: busybox with what the attack needs on top, written to a directory of the test's own. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxRootfs } from '../../rootfs-fixtures/busybox.ts';
import { type Entry, file } from '../../rootfs-fixtures/entry.ts';
import { type ConfigFields, type Image, imageOf, sha256 } from '../../rootfs-fixtures/image.ts';
import { ociLayout } from '../../rootfs-fixtures/oci-layout.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import type { TestHome } from '../support/home.ts';

/** `layers` lie above busybox; `config` replaces parts of an image that starts a shell. */
export interface HostileParts {
  readonly layers?: readonly (readonly Entry[])[];
  readonly config?: ConfigFields;
  /** A topmost layer with entries of kinds that lists of entries do not have: devices, FIFOs. */
  readonly rawLayer?: Buffer;
  /** Paths of busybox's tree that the image shall not have, so that a layer can put something else there. */
  readonly without?: readonly string[];
}

/**
 * Writes an image below `home` and returns its path.
 *
 * @example hostileImage(home, 'dev-link', { without: ['dev'], layers: [[symlink('dev', '/canary')]] })
 */
export function hostileImage(home: TestHome, name: string, parts: HostileParts): string {
  const { layers = [], config = {}, without = [], rawLayer } = parts;
  const kept = busyboxRootfs().filter(
    ({ path }) => !without.some((removed) => path === removed || path.startsWith(`${removed}/`)),
  );
  const image = imageOf({
    reference: `${name}:latest`,
    layers: [kept, ...layers],
    config: { Cmd: ['sh'], ...config },
    compression: 'none',
  });
  const path = join(home.path, `${name}.tar`);
  writeFileSync(path, tarOf(ociLayout([rawLayer === undefined ? image : withLayer(image, rawLayer)])));
  return path;
}

function withLayer(image: Image, tar: Buffer): Image {
  const document = JSON.parse(image.config.toString()) as { rootfs: { diff_ids: string[] } };
  document.rootfs.diff_ids.push(`sha256:${sha256(tar)}`);
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', bytes: tar, tar };
  return { ...image, config: Buffer.from(JSON.stringify(document)), layers: [...image.layers, layer] };
}

/** Compiles a C source of `programs/` statically and returns the path of the program. */
export function compiled(home: TestHome, name: string): string {
  const output = join(home.path, name);
  const flags = ['-static', '-O2', '-s', '-Wall', '-Wextra', '-Werror'];
  execFileSync('gcc', [...flags, '-o', output, join(import.meta.dirname, 'programs', `${name}.c`)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return output;
}

/** The same program as an entry of an image, below /bin. */
export const program = (home: TestHome, name: string, mode = 0o755): Entry =>
  file(`bin/${name}`, readFileSync(compiled(home, name)), mode);
