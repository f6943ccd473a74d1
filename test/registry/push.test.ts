/** `tsrun push` to distribution's registry, and what skopeo and we read of it again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { canHaveRegistry, registryNeeds, skopeoCopy, startRegistry, type TestRegistry } from '../support/registry.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const withRegistry = requires(...registryNeeds);

const home = makeHome();
let registry: TestRegistry;
let empty: TestRegistry;

beforeAll(async () => {
  if (!canHaveRegistry()) return;
  registry = await startRegistry(home);
  empty = await startRegistry(home);
  await registry.fill('team/layers:1.0', 'oci-archive:layers.tar');
  await registry.fill('team/docker:1.0', 'docker-archive:busybox-docker.tar');
});
afterAll(async () => {
  for (const one of [registry, empty]) await one?.stop();
  home[Symbol.dispose]();
});

let stores = 0;

/** Commands that share a store of their own. */
function inStore(): (...args: readonly string[]) => Promise<Outcome> {
  stores += 1;
  const env = { ...home.env, TSRUN_STORE: `${home.store}-${stores}` };
  return (...args) => tsrun(args, { env });
}

const digestIn = ({ stdout, stderr }: Outcome): string => {
  const digest = /^Digest: (sha256:\S+)/m.exec(stdout)?.[1];
  if (digest === undefined) throw new Error(`no digest: ${stdout}${stderr}`);
  return digest;
};

/** Those that write. */
const writing = (requests: readonly string[]): readonly string[] =>
  requests.filter((request) => /^(POST|PUT|PATCH) /.test(request));

describe('push', () => {
  withRegistry('of an image that the registry has uploads nothing and keeps its digest', async () => {
    const run = inStore();
    const pulled = digestIn(await run('pull', `${registry.host}/team/layers:1.0`));
    const before = writing(registry.requests('team/layers')).length;
    const pushed = await run('push', `${registry.host}/team/layers:1.0`, `${registry.host}/team/layers:2.0`);
    expect(digestIn(pushed)).toBe(pulled);
    const all = await registry.until('team/layers', /^PUT .*\/manifests\/2.0$/, 1);
    expect(writing(all).slice(before)).toEqual(['PUT /v2/team/layers/manifests/2.0']);
  });

  withRegistry('to another repository has the layers handed on, and keeps the digest', async () => {
    const run = inStore();
    const pulled = digestIn(await run('pull', `${registry.host}/team/docker:1.0`));
    const pushed = await run('push', `${registry.host}/team/docker:1.0`, `${registry.host}/other/docker`);
    expect(digestIn(pushed)).toBe(pulled);
    const all = await registry.until('other/docker', /^PUT .*\/manifests\//, 1);
    expect(all.filter((request) => request.startsWith('PATCH'))).toEqual([]);
    expect(pushed.stderr).toContain('taken over');
  });

  withRegistry(
    'of a loaded image: skopeo and we read the same image back, and the next push uploads nothing',
    async () => {
      const run = inStore();
      await run('load', fixture('layers.tar'));
      const [id = ''] = (await run('images', '-q', '--no-trunc')).stdout.trim().split('\n');
      const name = `${empty.host}/made/layers:1.0`;
      const first = await run('push', id, name);
      expect(first.exitCode).toBe(0);
      const copied = join(home.path, 'copied');
      await skopeoCopy(`docker://${name}`, `dir:${copied}`, '--src-tls-verify=false');
      const manifest = JSON.parse(readFileSync(join(copied, 'manifest.json'), 'utf8')) as {
        config: { digest: string };
      };
      expect(manifest.config.digest).toBe(id);
      const fresh = inStore();
      expect(digestIn(await fresh('pull', name))).toBe(digestIn(first));
      expect((await fresh('images', '-q', '--no-trunc')).stdout.trim()).toBe(id);
      // The last request of the first push is its PUT of the manifest.
      const before = writing(await empty.until('made/layers', /^PUT .*\/manifests\/1.0$/, 1)).length;
      expect(digestIn(await run('push', id, name))).toBe(digestIn(first));
      const all = await empty.until('made/layers', /^PUT .*\/manifests\/1.0$/, 2);
      expect(writing(all).slice(before)).toEqual(['PUT /v2/made/layers/manifests/1.0']);
    },
  );

  withRegistry('of a name without a registry says to say where', async () => {
    const run = inStore();
    await run('load', fixture('rootfs.tar'));
    const { stderr, exitCode } = await run('push', 'rootfs');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('its name says of no registry\n  hint: say where to: tsrun push rootfs');
  });

  withRegistry('of what is not stored, or to a digest, is an error', async () => {
    const run = inStore();
    expect((await run('push', 'nothing')).stderr).toContain('cannot find the stored image "nothing"');
    await run('load', fixture('rootfs.tar'));
    const digest = `sha256:${'0'.repeat(64)}`;
    expect((await run('push', 'rootfs', `${empty.host}/a@${digest}`)).stderr).toContain('cannot be chosen');
  });
});
