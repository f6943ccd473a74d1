import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** With a store of its own for each test. */
const inStore = (name: string) => (args: readonly string[], input?: Buffer) =>
  tsrun([...args], {
    env: { ...home.env, TSRUN_STORE: `${home.store}-${name}` },
    ...(input === undefined ? {} : { input }),
  });

test('what was loaded is listed, inspected by name and by id, and removed', async () => {
  const run = inStore('round');
  // Quiet: a slow machine shows how far it has got.
  expect(await run(['load', '-q', fixture('busybox-docker.tar')])).toMatchObject({ stderr: '', exitCode: 0 });
  expect(await run(['load', fixture('busybox-docker.tar')])).toMatchObject({
    stdout: 'Loaded image: busybox:latest\n',
    exitCode: 0,
  });
  const { stdout: table } = await run(['images']);
  expect(table).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\nbusybox +latest +[0-9a-f]{12} +.* +[\d.]+MB\n$/);
  const { stdout: id } = await run(['images', '-q', '--no-trunc']);
  expect(id).toMatch(/^sha256:[0-9a-f]{64}\n$/);

  const [byName, byId] = await Promise.all([run(['inspect', 'busybox']), run(['inspect', id.trim().slice(7, 19)])]);
  expect(byId.stdout).toBe(byName.stdout);
  expect(JSON.parse(byName.stdout)).toMatchObject([
    { Id: id.trim(), RepoTags: ['busybox:latest'], Os: 'linux', Config: { Cmd: ['sh'] } },
  ]);
  expect((await run(['inspect', '-f', '{{json .Config.Cmd}}', 'busybox'])).stdout).toBe('["sh"]\n');

  expect((await run(['rmi', 'busybox'])).stdout).toBe(`Untagged: busybox:latest\nDeleted: ${id}`);
  expect((await run(['images', '-q'])).stdout).toBe('');
});

test("the documents of images and their history have docker's fields", async () => {
  const run = inStore('fields');
  await run(['load', '-q', '-i', fixture('config.tar')]);
  const fields = (text: string) => Object.keys((JSON.parse(text) as readonly object[] & object) ?? {}).sort();
  const [name = ''] = (await run(['images', '--format', '{{.Repository}}:{{.Tag}}'])).stdout.split('\n');
  // What docker 20.10 and 26 print for these, but for what only their containers have (Container, ContainerConfig, Hostname and so on).
  expect(fields((await run(['images', '--format', 'json'])).stdout)).toEqual([
    'Containers',
    'CreatedAt',
    'CreatedSince',
    'Digest',
    'ID',
    'Repository',
    'SharedSize',
    'Size',
    'Tag',
    'UniqueSize',
    'VirtualSize',
  ]);
  const [document] = JSON.parse((await run(['inspect', name])).stdout) as [{ readonly Config: object }];
  expect(Object.keys(document)).toEqual(
    expect.arrayContaining(
      'Id RepoTags RepoDigests Parent Comment Created DockerVersion Author Config Architecture Os Size VirtualSize GraphDriver RootFS Metadata'.split(
        ' ',
      ),
    ),
  );
  expect(Object.keys(document.Config)).toEqual(
    expect.arrayContaining(
      'User Env Cmd Volumes WorkingDir Entrypoint OnBuild Labels Healthcheck StopSignal Shell ExposedPorts'.split(' '),
    ),
  );
  const [line = ''] = (await run(['history', '--format', 'json', name])).stdout.split('\n');
  expect(fields(line)).toEqual(['Comment', 'CreatedAt', 'CreatedBy', 'CreatedSince', 'ID', 'Layer', 'Size']);
  const lower = (await run(['inspect', '-f', '{{.GraphDriver.Data.LowerDir}} {{.Config.StopSignal}}', name])).stdout;
  expect(lower).toMatch(/^\/\S+\/layers\/\S+ /);
});

test('an image is loaded from standard input', async () => {
  const run = inStore('stdin');
  const { stdout, exitCode } = await run(['load'], readFileSync(fixture('busybox-docker.tar')));
  expect({ stdout, exitCode }).toEqual({ stdout: 'Loaded image: busybox:latest\n', exitCode: 0 });
});

test('all images of an archive are loaded, and a template lists them', async () => {
  const run = inStore('several');
  await run(['load', '-i', fixture('several.tar')]);
  const { stdout } = await run(['images', '--format', '{{.Repository}}:{{.Tag}}', 'several']);
  expect(stdout.trimEnd().split('\n').sort()).toEqual(['several:one', 'several:two']);
  expect((await run(['images', '--format', '{{.Name}}'])).stderr).toContain('there is no field "Name"');
});

test('a name that means another image when it is typed is shown whole', async () => {
  const run = inStore('registries');
  for (const name of ['busybox-docker.tar', 'buildah-oci.tar', 'podman-oci-archive.tar'])
    await run(['load', fixture(name)]);
  const { stdout } = await run(['images', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  expect(new Set(lines.map(([name]) => name)).size).toBe(lines.length);
  for (const [name = '', id = ''] of lines) {
    if (!name.startsWith('<none>')) expect((await run(['inspect', '-f', '{{.Id}}', name])).stdout).toContain(id);
  }
});

test('images are filtered, and a table has the columns that were asked for', async () => {
  const run = inStore('filter');
  await run(['load', fixture('several.tar')]);
  expect((await run(['images', '-a', '-f', 'reference=sever*:one', '--format', 'table {{.Tag}}'])).stdout).toBe(
    'TAG\none\n',
  );
  expect((await run(['images', '-q', '--filter', 'dangling=true'])).stdout).toBe('');
  expect((await run(['images', '--filter', 'age=1'])).stderr).toContain('"age" is not a filter');
  expect((await run(['images', '--filter', 'since=nothing'])).stderr).toContain(
    'cannot find the stored image "nothing"',
  );
});

test('images are chosen by when they were made, beside another image or before a moment', async () => {
  const run = inStore('made');
  // Made when it was imported, and the others in 2024.
  await run(['load', fixture('several.tar')]);
  await run(['import', fixture('rootfs.tar'), 'made:now']);
  const names = async (...filters: readonly string[]) =>
    (
      await run(['images', '--format', '{{.Repository}}:{{.Tag}}', ...filters.flatMap((one) => ['--filter', one])])
    ).stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  expect(await names('since=several:one')).toEqual(['made:now']);
  expect(await names('before=made:now')).toEqual(['several:one', 'several:two']);
  expect(await names('before=made:now', 'reference=*:two')).toEqual(['several:two']);
  expect(await names('until=2025-01-01T00:00:00Z')).toEqual(['several:one', 'several:two']);
  expect(await names('until=0s', 'since=several:two')).toEqual(['made:now']);
});

test('inspect shows what there is and reports what is not', async () => {
  const run = inStore('inspect');
  await run(['load', fixture('busybox-docker.tar')]);
  const { stdout, stderr, exitCode } = await run(['inspect', 'nothing', 'busybox', '-f', '{{.RepoTags}}']);
  expect({ stdout, exitCode }).toEqual({ stdout: '[busybox:latest]\n', exitCode: 1 });
  expect(stderr).toContain('no container, stored image or volume has that name or id');
});

test('rmi goes on after a missing image and reports it; with --force it is no error', async () => {
  const run = inStore('rmi');
  await run(['load', fixture('several.tar')]);
  const first = await run(['rmi', 'nothing', 'several:one']);
  expect(first).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('Untagged: several:one') });
  expect(first.stderr).toContain('"nothing"');
  expect(await run(['rmi', '--force', 'nothing', 'several:two'])).toMatchObject({ exitCode: 0, stderr: '' });
});

test('what is no image is refused and leaves no image', async () => {
  const run = inStore('refused');
  const { stderr, exitCode } = await run(['load'], Buffer.from('this is no archive'));
  expect(exitCode).toBe(1);
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  expect((await run(['images', '-q'])).stdout).toBe('');
});
