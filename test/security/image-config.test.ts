/** What an image's configuration says is data: paths stay below the root, labels have no meaning (CVE-2022-23648). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { busyboxRootfs } from '../../rootfs-fixtures/busybox.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { ociLayout } from '../../rootfs-fixtures/oci-layout.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
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

test('annotations mean nothing but a name, and what is no name is none', async () => {
  const image = imageOf({
    reference: 'annotated:latest',
    layers: [busyboxRootfs()],
    config: { Cmd: ['sh'] },
    compression: 'none',
  });
  const climbing = `${up}${canary.path}/planted:1`;
  const annotations = {
    'cdi.k8s.io/gpu': 'vendor.example/gpu=all',
    'run.oci.hooks.stdout': `${canary.path}/planted`,
    'run.oci.keep_original_groups': '1',
    'io.podman.annotations.privileged': 'TRUE',
    'org.systemd.property.ExecStopPost': `['/bin/touch', '${canary.path}/planted']`,
    'com.docker.compose.file': `..${canary.path}/planted`,
    'org.opencontainers.image.title': `..${canary.path}/planted`,
  };
  const names = [
    climbing,
    '../x:1',
    '--privileged',
    'a b:1',
    '\x1b[2J:1',
    `${'x'.repeat(5000)}:1`,
    '$(id):1',
    'fine:1',
  ];
  const entries = ociLayout([image]).map((entry) => {
    if (entry.type !== 'file' || entry.path !== 'index.json') return entry;
    const index = JSON.parse(entry.content.toString()) as { readonly manifests: readonly object[] };
    const manifests = names.map((name) => ({
      ...index.manifests[0],
      annotations: { ...annotations, 'org.opencontainers.image.ref.name': name, 'io.containerd.image.name': name },
    }));
    return { ...entry, content: Buffer.from(JSON.stringify({ ...index, manifests, annotations })) };
  });
  const path = join(home.path, 'annotated.tar');
  writeFileSync(path, tarOf(entries));
  const env = { ...home.env, TSRUN_STORE: join(home.path, 'annotated') };
  expect((await tsrun(['load', '-q', path], { env })).stdout).toBe('Loaded image: fine:1\n');
  const look = ['sh', '-c', 'grep -E "^(Cap|Seccomp|NoNewPrivs)" /proc/self/status; wc -l < /proc/self/mountinfo'];
  const annotated = await tsrun(['run', '--rm', '--quiet', 'fine:1', ...look], { env });
  const plain = await run(hostileImage(home, 'plain', {}), ...look);
  expect(annotated.stdout).toBe(plain.stdout);
  expect(plain.stdout).toContain('Seccomp:\t2');
  expect(canary.fingerprint()).toBe(before);
});
