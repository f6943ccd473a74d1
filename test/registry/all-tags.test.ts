/** `pull --all-tags` and `push --all-tags`, from and to distribution's registry, and lists of tags that are none. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { fakeRegistry } from '../support/fake-registry.ts';
import { makeHome } from '../support/home.ts';
import { canHaveRegistry, registryNeeds, startRegistry, type TestRegistry } from '../support/registry.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const withRegistry = requires(...registryNeeds);
const home = makeHome();
let registry: TestRegistry;
beforeAll(async () => {
  if (!canHaveRegistry()) return;
  registry = await startRegistry(home);
  await registry.fill('team/app:1.0', 'oci-archive:busybox.tar');
  await registry.fill('team/app:2.0', 'oci-archive:layers.tar');
});
afterAll(async () => {
  await registry?.stop();
  home[Symbol.dispose]();
});

const run = (...args: readonly string[]): Promise<Outcome> => tsrun(args, { env: home.env });

withRegistry('all tags of a repository are pulled, and pushed to another under the same', async () => {
  const from = `${registry.host}/team/app`;
  const to = `${registry.host}/other/app`;
  const both = `${from}:1.0\n${from}:2.0\n`;
  expect(await run('pull', '-aq', from)).toMatchObject({ stdout: both, stderr: '', exitCode: 0 });
  expect((await run('pull', '--all-tags', from)).stdout.match(/^Status: Image is up to date for .*$/gm)).toHaveLength(
    2,
  );
  for (const tag of ['1.0', '2.0']) await run('tag', `${from}:${tag}`, `${to}:${tag}`);
  expect(await run('push', '-aq', to)).toMatchObject({ stdout: both.replaceAll(from, to), stderr: '', exitCode: 0 });
  const digests = async (name: string) => (await run('pull', '-a', name)).stdout.match(/^Digest: .*$/gm);
  expect(await digests(to)).toEqual(await digests(from));
});

describe('all tags', () => {
  test.each([
    [['pull', '-a', 'app:1.0'], 'cannot pull all tags of "app:1.0"\n  it names one image, not a repository'],
    [['push', '-a', 'app:1.0'], 'cannot push all tags of "app:1.0"\n  it names one image, not a repository'],
    [['push', '-a', 'app', 'registry.example/app'], 'cannot push all tags to one name'],
    [['push', '-a', 'app'], 'cannot find images of the repository "docker.io/library/app"'],
  ])('%s is refused', async (args, words) => {
    const { stderr, exitCode } = await run(...args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).toContain('\n  hint: ');
  });

  withRegistry('of a repository that is not there are an error', async () => {
    const { stderr, exitCode } = await run('pull', '-a', `${registry.host}/team/nothing`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `cannot list the tags of "${registry.host}/team/nothing"\n  "${registry.host}" answered 404`,
    );
  });
});

const image = imageOf({ reference: 'x', layers: [[file('one', '1\n')]], config: {} });

/** What `pull -a` says of a registry that lists tags so. */
async function pullAll(list: (response: ServerResponse, url: string) => void): Promise<Outcome> {
  const fake = await fakeRegistry(image, (request, response) => {
    if (request.url?.includes('/tags/list') !== true) return false;
    list(response, request.url);
    return true;
  });
  try {
    const { stdout, ...rest } = await run('pull', '-aq', `${fake.host}/team/x`);
    return { stdout: stdout.replaceAll(fake.host, 'HOST'), ...rest };
  } finally {
    await fake.close();
  }
}

describe('a list of tags', () => {
  test('of several pages is read to its end', async () => {
    const { stdout } = await pullAll((response, url) => {
      const isLast = url.endsWith('?last=a');
      if (!isLast) response.setHeader('link', '</v2/team/x/tags/list?last=a>; rel="next"');
      response.end(JSON.stringify({ name: 'team/x', tags: isLast ? ['b'] : ['a'] }));
    });
    expect(stdout).toBe('HOST/team/x:a\nHOST/team/x:b\n');
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    [
      'that goes on for ever',
      (response) => response.setHeader('link', '<?again>; rel="next"').end('{"tags":[]}'),
      'it goes on after 1000 pages',
    ],
    [
      'that goes on elsewhere',
      (response) => response.setHeader('link', '<http://127.0.0.1:1/>; rel=next').end('{"tags":[]}'),
      'it goes on at another host',
    ],
    ['with what is no tag', (response) => response.end('{"tags":["../../x"]}'), 'what it has is no tag'],
    [
      'with another digest',
      (response) => response.end(`{"tags":["a@sha256:${'0'.repeat(64)}"]}`),
      'what it has is no tag',
    ],
    ['that is no list', (response) => response.end('{}'), 'it has no "tags"'],
    ['that is no JSON', (response) => response.end('<html>'), 'is not valid JSON'],
  ])('%s is refused', async (_, list, why) => {
    const { stdout, stderr, exitCode } = await pullAll(list);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr).toContain(why);
    expect(stderr.trimEnd().split('\n')).toHaveLength(3);
  });
});
