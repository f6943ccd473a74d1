import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Kernel tests run as an ordinary user too, who may not write into a checkout of root's.
const cacheDir = join(tmpdir(), `tsrun-vitest-${userInfo().uid}`);

// A virtual machine without hardware support is twenty times slower.
const slow = Number(process.env['TSRUN_TESTS_SLOW'] ?? '1');

// Most tests are about something else, and would change the network of the machine that they run on: test/network has its own.
const env = { TSRUN_NETWORK: 'none' };

export default defineConfig({
  cacheDir,
  test: {
    tags: [
      {
        name: 'v2',
        description: 'needs cgroup v2 controllers or CAP_SYS_RESOURCE: the subset that runs in the virtual machine',
      },
      {
        name: 'systemd',
        description: 'needs systemd as PID 1: runs in the virtual machine that boots it',
      },
    ],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'rootfs-fixtures/**/*.test.ts'],
          testTimeout: 60_000 * slow,
        },
      },
      {
        extends: true,
        test: {
          name: 'kernel',
          env,
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/support/machine-check.ts'],
          // No claim, only the end of a hang: a busy machine of two cores takes its time.
          testTimeout: 180_000 * slow,
          hookTimeout: 180_000 * slow,
          // Some files mostly wait (for a peer that stalls, a check's interval): a third one keeps two processors busy meanwhile.
          maxWorkers: Number(process.env['TSRUN_TESTS_WORKERS'] ?? '3'),
        },
      },
    ],
  },
});
