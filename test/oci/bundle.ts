/** Bundles for tests: a busybox root, and a config.json that a test changes as it likes. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { exampleConfig } from '../../src/oci/example-config.ts';
import { type OciOutcome, tsrunOci, tsrunOciPath } from './tsrun-oci.ts';

const applets =
  'sh cat cp echo env false grep head id kill ls mkdir mount ps pwd readlink rm sleep stat stty test touch true tty wc';

type Json = Record<string, unknown>;

export interface TestBundle {
  readonly path: string;
  /** `--root` of the containers made of it. */
  readonly root: string;
  readonly rootfs: string;
  /** Writes config.json: the document of `spec`, without a terminal and writable, changed by `change`. */
  configure(change: (config: MutableConfig) => void): void;
  oci(args: readonly string[], settings?: Parameters<typeof tsrunOci>[2]): OciOutcome;
}

/** What tests change; the rest of the document is as `spec` writes it. */
export interface MutableConfig {
  process: { args: string[]; env: string[]; cwd: string; terminal: boolean; user: Json } & Json;
  root: { path: string; readonly?: boolean };
  hooks?: Json;
  annotations?: Record<string, string>;
  mounts: Json[];
  linux: { namespaces: { type: string; path?: string }[]; cgroupsPath?: string } & Json;
}

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

/**
 * @param home directory that is removed after the tests
 * @param program the runtime
 */
export function makeBundle(home: string, program: string = tsrunOciPath): TestBundle {
  const path = mkdtempSync(join(home, 'bundle-'));
  const rootfs = join(path, 'rootfs');
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  for (const directory of ['dev', 'etc', 'proc', 'sys', 'tmp']) mkdirSync(join(rootfs, directory));
  cpSync(
    spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim(),
    join(rootfs, 'bin', 'busybox'),
  );
  for (const applet of applets.split(' ')) symlinkSync('busybox', join(rootfs, 'bin', applet));
  writeFileSync(join(rootfs, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n');
  const root = join(path, 'state');
  return {
    path,
    root,
    rootfs,
    configure(change) {
      const config = structuredClone(
        exampleConfig(uid === 0 ? { type: 'root' } : { type: 'rootless', uid, gid }),
      ) as unknown as MutableConfig;
      config.process.terminal = false;
      config.root.readonly = false;
      // Two bundles have containers of one name.
      config.linux.cgroupsPath = basename(path);
      change(config);
      writeFileSync(join(path, 'config.json'), JSON.stringify(config));
    },
    oci: (args, settings = {}) => tsrunOci(root, args, { cwd: path, program, ...settings }),
  };
}
