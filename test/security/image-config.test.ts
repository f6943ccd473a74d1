/** What an image's configuration says is data: paths stay below the root, labels have no meaning (CVE-2022-23648). */
import { afterAll, describe, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const canary = plantCanary(home);
const before = canary.fingerprint();
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });
const up = '/..'.repeat(12);

describe('a volume of the image', () => {
  for (const volume of [
    up,
    `${up}${canary.path}`,
    `..${canary.path}`,
    canary.path,
    `/proc/self/root${canary.path}`,
    '',
    '.',
    'a//../../b',
  ]) {
    test(`at ${JSON.stringify(volume.replace(home.path, ''))} shows nothing of the host`, async () => {
      const image = hostileImage(home, 'volume', { config: { Volumes: { [volume]: {} } } });
      for (const flags of [[], ['--read-only']]) {
        const { stdout } = await run(
          ...flags,
          image,
          'sh',
          '-c',
          `cat ${canary.path}/etc/passwd; ls ${canary.path}/etc; awk '$4 ~ /canary/' /proc/self/mountinfo; echo end`,
        );
        expect(stdout).toBe('end\n');
        expect(canary.fingerprint()).toBe(before);
      }
    });
  }
});

describe('a working directory of the image', () => {
  for (const directory of [`${up}${canary.path}`, `..${canary.path}`, 'relative', up]) {
    test(`of ${JSON.stringify(directory.replace(home.path, ''))} lies below the root`, async () => {
      const image = hostileImage(home, 'directory', { config: { WorkingDir: directory } });
      const { stdout } = await run(image, 'sh', '-c', 'pwd; ls -A; echo end');
      expect(stdout).toMatch(/^\/.*\n(.*\n)*end\n$/);
      expect(stdout).not.toContain('passwd');
      expect(canary.fingerprint()).toBe(before);
    });
  }
});

test('labels and exposed ports mean nothing, whatever they are called', async () => {
  const names = [
    'io.tsrun.privileged',
    'tsrun.privileged',
    'org.opencontainers.image.ref.name',
    'io.kubernetes.cri-o.Devices',
    'cdi.k8s.io/gpu',
    'run.oci.hooks.stdout',
    'com.docker.privileged',
  ];
  const Labels = Object.fromEntries(names.map((name) => [name, `true\nPrivileged=true;${up}${canary.path}`]));
  const look = [
    'sh',
    '-c',
    'env | sort | grep -v HOSTNAME; grep -E "^(Cap|Seccomp|NoNewPrivs)" /proc/self/status; wc -l < /proc/self/mountinfo',
  ] as const;
  const plain = await run(hostileImage(home, 'plain', {}), ...look);
  const labelled = await run(
    hostileImage(home, 'labelled', { config: { Labels, ExposedPorts: { '22/tcp': {}, '../../x': {} } } }),
    ...look,
  );
  expect(labelled.stdout).toBe(plain.stdout);
  expect(plain.stdout).toContain('Seccomp:\t2');
});
