/** Images made of a tar of a root filesystem. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const run = (args: readonly string[], input?: Buffer): Promise<Outcome> =>
  tsrun(args, { env: home.env, ...(input === undefined ? {} : { input }) });
async function text(args: readonly string[], input?: Buffer): Promise<string> {
  const outcome = await run(args, input);
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return outcome.stdout.trimEnd();
}

describe('import', () => {
  test.each(['rootfs.tar', 'rootfs.tar.zst'])('of %s makes an image that runs as the changes say', async (name) => {
    const changes = ['ENV GREETING=hello', 'WORKDIR /etc', 'CMD ["sh", "-c", "echo $GREETING from $PWD"]'];
    const id = await text([
      'import',
      '-q',
      ...changes.flatMap((change) => ['--change', change]),
      '-m',
      'by hand',
      fixture(name),
      'made:here',
    ]);
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await text(['run', '-q', '--rm', 'made:here'])).toBe('hello from /etc');
    expect(await text(['history', '--format', '{{.Comment}}', 'made:here'])).toBe('by hand');
    expect(await text(['images', '-q', '--no-trunc', 'made:here'])).toBe(id);
    await text(['rmi', 'made:here']);
  });

  test('of standard input has no name and no command of its own', async () => {
    const { stdout } = spawnSync('cat', [fixture('rootfs.tar')], { maxBuffer: 1 << 28 });
    const id = await text(['import', '-q', '-'], stdout);
    expect(await text(['history', '--format', '{{.Comment}}', id])).toBe('Imported from -');
    const { exitCode, stderr } = await run(['run', '-q', '--rm', id]);
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/^tsrun: .*command/);
    expect(await text(['run', '-q', '--rm', id, 'echo', 'given'])).toBe('given');
    await text(['rmi', id]);
  });

  test('of an image archive takes its members for files, as docker does', async () => {
    const id = await text(['import', '-q', fixture('busybox.tar')]);
    expect(await text(['whence', '--format', '{{.Path}} {{.Status}}', id, '/oci-layout'])).toBe('/oci-layout answers');
    await text(['rmi', id]);
  });

  test.each([
    [['import', '-c', 'RUN ls', fixture('rootfs.tar')], /RUN/],
    [['import', '/no/such.tar'], /^tsrun: cannot find "\/no\/such.tar"/],
    [['import', home.path], /^tsrun: cannot import the directory/],
    [['import', 'https://registry.invalid/rootfs.tar'], /curl -fsSL/],
    [['import', fixture('rootfs.tar'), 'Bad Name'], /Bad Name/],
    [['import', '--platform', 'a/b/c/d', fixture('rootfs.tar')], /platform/],
  ])('%j says what is wrong and stores nothing', async (args, words) => {
    const before = await text(['images', '-aq']);
    const { exitCode, stdout, stderr } = await run(args);
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(words);
    expect(await text(['images', '-aq'])).toBe(before);
  });

  test('of a damaged archive stores nothing', async () => {
    const path = join(home.path, 'damaged.tar');
    writeFileSync(path, spawnSync('head', ['-c', '100000', fixture('rootfs.tar.gz')]).stdout);
    const before = await text(['images', '-aq']);
    const { exitCode, stderr } = await run(['import', path]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^tsrun: cannot read the layer: truncated gzip data/);
    expect(await text(['images', '-aq'])).toBe(before);
  });
});
