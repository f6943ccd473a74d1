/** `tsrun pull` and `run NAME` from distribution's registry, over plain http on loopback. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { type FakeRegistry, fakeRegistry } from '../support/fake-registry.ts';
import { makeHome } from '../support/home.ts';
import { canHaveRegistry, registryNeeds, startRegistry, type TestRegistry } from '../support/registry.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, startTsrun, tsrun } from '../support/tsrun.ts';

const withRegistry = requires(...registryNeeds);

const home = makeHome();
let registry: TestRegistry;

beforeAll(async () => {
  if (!canHaveRegistry()) return;
  registry = await startRegistry(home);
  await registry.fill('team/busybox:1.0', 'oci-archive:busybox.tar');
  await registry.fill('team/docker:1.0', 'docker-archive:busybox-docker.tar');
  await registry.fill('team/platforms:1.0', 'oci-archive:platforms.tar', '--multi-arch', 'all');
});
afterAll(async () => {
  await registry?.stop();
  home[Symbol.dispose]();
});

let stores = 0;

/** Commands that share a store of their own. */
function inStore(): (...args: readonly string[]) => Promise<Outcome> {
  stores += 1;
  const env = { ...home.env, TSRUN_STORE: `${home.store}-${stores}` };
  return (...args) => tsrun(args, { env });
}

/** Config and layers of layers.tar. */
const blobs = 4;

/** A repository that nobody else asks for, with layers.tar. */
async function ownRepository(repository: string): Promise<string> {
  await registry.fill(`${repository}:1.0`, 'oci-archive:layers.tar');
  return `${registry.host}/${repository}:1.0`;
}

describe('pull', () => {
  withRegistry('stores an image under its name, and says its digest', async () => {
    const run = inStore();
    const name = `${registry.host}/team/busybox:1.0`;
    const { stdout, exitCode } = await run('pull', name);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^Digest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for ${name}\n${name}\n$`),
    );
    expect((await run('run', '--rm', '--pull=never', name, 'echo', 'works')).stdout).toBe('works\n');
  });

  withRegistry('reads docker schema 2 as well', async () => {
    const run = inStore();
    const name = `${registry.host}/team/docker:1.0`;
    expect((await run('pull', '-q', name)).stdout).toBe(`${name}\n`);
    expect((await run('run', '--rm', name, 'echo', 'works')).stdout).toBe('works\n');
  });

  withRegistry('of an image that is here asks for its manifest only', async () => {
    const run = inStore();
    const name = await ownRepository('up/to-date');
    await run('pull', name);
    await registry.until('up/to-date', /^GET .*\/manifests\//, 1);
    await registry.until('up/to-date', /^GET .*\/blobs\//, blobs);
    expect((await run('pull', name)).stdout).toContain(`Status: Image is up to date for ${name}\n`);
    const all = await registry.until('up/to-date', /^(GET|HEAD) .*\/manifests\//, 2);
    expect(all.filter((request) => /^GET .*\/blobs\//.test(request))).toHaveLength(blobs);
  });

  withRegistry('by digest: found again by that digest, and no tag moves', async () => {
    const run = inStore();
    const name = `${registry.host}/team/busybox`;
    const digest = /^Digest: (\S+)/.exec((await run('pull', `${name}:1.0`)).stdout)?.[1] ?? '';
    const fresh = inStore();
    expect((await fresh('pull', '-q', `${name}@${digest}`)).stdout).toBe(`${name}@${digest}\n`);
    expect((await fresh('images', '--format', '{{.Repository}}:{{.Tag}}')).stdout).toBe('<none>:<none>\n');
    expect((await fresh('run', '--rm', '--pull=never', `${name}@${digest}`, 'echo', 'works')).stdout).toBe('works\n');
  });

  withRegistry('of a name that is not there says so in three lines', async () => {
    const run = inStore();
    const { stderr, exitCode } = await run('pull', `${registry.host}/team/nothing`);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      [
        `tsrun: cannot pull "${registry.host}/team/nothing:latest"`,
        `  "${registry.host}" answered 404: MANIFEST_UNKNOWN, manifest unknown`,
        '  hint: is the name right?',
        '',
      ].join('\n'),
    );
  });
});

describe('run', () => {
  withRegistry('pulls what is not stored, and asks nobody the next time', async () => {
    const run = inStore();
    const name = await ownRepository('asked/once');
    expect((await run('run', '--rm', name, 'echo', 'works')).stdout).toBe('works\n');
    await registry.until('asked/once', /^GET .*\/manifests\//, 1);
    const before = await registry.until('asked/once', /^GET .*\/blobs\//, blobs);
    expect((await run('run', '--rm', name, 'echo', 'works')).stdout).toBe('works\n');
    expect(registry.requests('asked/once')).toEqual(before);
  });

  withRegistry('--pull=never does not ask for what is not stored', async () => {
    const run = inStore();
    const name = await ownRepository('never/asked');
    const before = registry.requests('never/asked');
    const { stderr, exitCode } = await run('run', '--rm', '--pull=never', name, 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('no stored image has that name or id');
    expect(registry.requests('never/asked')).toEqual(before);
  });

  withRegistry('--pull=always notices that the tag has moved', async () => {
    const run = inStore();
    const name = `${registry.host}/team/moving:1`;
    await registry.fill('team/moving:1', 'oci-archive:busybox.tar');
    const first = await run('run', '--rm', name, 'echo', 'works');
    await registry.fill('team/moving:1', 'oci-archive:layers.tar');
    await run('run', '--rm', '--pull=always', name, 'true');
    const ids = (await run('images', '-q')).stdout.trim().split('\n');
    expect(first.stdout).toBe('works\n');
    expect(ids).toHaveLength(2);
  });
});

test('Ctrl-C ends a pull, and the next one fetches what is missing', async () => {
  const layers = [[file('one', '1\n')], [file('two', '2\n')]];
  const image = imageOf({ reference: 'x', layers, config: { Cmd: ['sh'] } });
  let isStuck = true;
  const fake: FakeRegistry = await fakeRegistry(image, (request, response) => {
    if (!isStuck || request.url?.endsWith(fake.digests.layers[1] ?? '?') !== true) return false;
    response.writeHead(200).write('x');
    return true;
  });
  try {
    const env = { ...home.env, TSRUN_STORE: `${home.store}-interrupted` };
    const name = `${fake.host}/team/x:1`;
    const pulling = startTsrun(['pull', '--progress=json', name], { env });
    await pulling.until(/"state":"pulled"/);
    pulling.signal('SIGINT');
    expect(await pulling.outcome).toMatchObject({ exitCode: 130 });
    expect((await tsrun(['images', '-q'], { env })).stdout).toBe('');
    isStuck = false;
    expect((await tsrun(['pull', '-q', name], { env })).stdout).toBe(`${name}\n`);
    const asked = fake.asked.map(({ path }) => path).filter((path) => path.endsWith(fake.digests.layers[0] ?? '?'));
    expect(asked).toHaveLength(1);
    expect((await tsrun(['image', 'verify'], { env })).stdout).toBe('1 image, 2 layers: nothing is wrong\n');
  } finally {
    await fake.close();
  }
});
