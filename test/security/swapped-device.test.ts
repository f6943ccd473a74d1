/** A directory that others write to: the node that was just made is another file when its owner is set (CVE-2025-31133's kind). */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { addon } from '../../src/native/addon.ts';
import { seccompFilter } from '../../src/oci/seccomp/filter.ts';
import { makeBundle } from '../oci/bundle.ts';
import { tsrunOciPath } from '../oci/tsrun-oci.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

// A user namespace may not make nodes, and binds the host's instead.
const test = requires('root', 'program-python3');

/** mknod succeeds and makes nothing, as if its work had been replaced at once. */
const { program } = addon().compileSeccomp(
  seccompFilter({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mknod', 'mknodat'], action: 'SCMP_ACT_ERRNO', errnoRet: 0 }],
  }),
);
let home: TestHome;
let filter: string;
beforeAll(() => {
  home = makeHome();
  filter = join(home.path, 'filter');
  writeFileSync(filter, program);
});
afterAll(() => home[Symbol.dispose]());

describe('what lies in the place of a device that was just made', () => {
  const found = {
    'a file': (path: string) => closeSync(openSync(path, 'w')),
    'a directory': (path: string) => mkdirSync(path),
    'another device': (path: string) => spawnSync('mknod', [path, 'c', '1', '5']),
  };
  for (const [kind, make] of Object.entries(found)) {
    test(`${kind} is not given to the device’s owner`, () => {
      const bundle = makeBundle(home.path);
      const shared = join(bundle.path, 'shared');
      mkdirSync(shared);
      make(join(shared, 'node'));
      bundle.configure((config) => {
        config.process.args = ['true'];
        config.mounts = [
          { destination: '/proc', type: 'proc' },
          { destination: '/shared', type: 'bind', source: shared, options: ['bind', 'rw'] },
        ];
        config.linux['maskedPaths'] = [];
        config.linux['devices'] = [{ path: '/shared/node', type: 'c', major: 1, minor: 3, uid: 1000, gid: 1000 }];
      });
      const arguments_ = [join(import.meta.dirname, '../support/with-filter.py'), filter, tsrunOciPath];
      const { stderr, status } = spawnSync('python3', [...arguments_, '--root', bundle.root, 'run', 'c'], {
        cwd: bundle.path,
        encoding: 'utf8',
        timeout: 150_000,
      });
      expect(stderr).toContain('check the device failed: ENODEV');
      expect(status).not.toBe(0);
      expect(statSync(join(shared, 'node'))).toMatchObject({ uid: 0, gid: 0 });
    });
  }
});
