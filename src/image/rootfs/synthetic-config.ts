/** The config of a root filesystem that came without one. */
import type { Digest, ImageConfig } from '../image.ts';
import { hostPlatform } from '../platform.ts';

/** What docker sets where an image says nothing. */
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param architecture of the programs in it; null: unknown, taken for this machine's */
export const syntheticConfig = (architecture: string | null): ImageConfig => ({
  ...hostPlatform(),
  ...(architecture === null ? {} : { architecture }),
  env: [path],
  entrypoint: [],
  cmd: ['/bin/sh'],
  user: '',
  workingDir: '',
  stopSignal: null,
  healthcheck: null,
  shell: [],
  volumes: [],
  exposedPorts: [],
  labels: {},
  created: null,
});

/** The same as a config document. Equal trees give equal bytes, and so the same image id. */
export function syntheticDocument(config: ImageConfig, diffId: Digest): Uint8Array {
  const document = {
    architecture: config.architecture,
    os: config.os,
    config: { Env: config.env, Cmd: config.cmd },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
  return Buffer.from(JSON.stringify(document));
}
