/** Mirrors, other places, blocks and aliases of registries.conf, against distribution's registry. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { canHaveRegistry, registryNeeds, startRegistry, type TestRegistry } from '../support/registry.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const test = requires(...registryNeeds);

const home = makeHome();
let registry: TestRegistry;
/** Nobody listens there. */
const dead = '127.0.0.1:1';

beforeAll(async () => {
  if (!canHaveRegistry()) return;
  registry = await startRegistry(home);
  await registry.fill('hub/library/busybox:1.0', 'oci-archive:busybox.tar');
});
afterAll(async () => {
  await registry?.stop();
  home[Symbol.dispose]();
});

let stores = 0;
/** Commands with these settings and a store of their own. */
function configured(text: string): (...args: readonly string[]) => Promise<Outcome> {
  stores += 1;
  const file = join(home.path, `registries-${stores}.conf`);
  writeFileSync(file, text);
  const env = { ...home.env, TSRUN_STORE: `${home.store}-${stores}`, CONTAINERS_REGISTRIES_CONF: file };
  return (...args) => tsrun(args, { env });
}
const rule = (fields: string): string => `[[registry]]\n${fields}\n`;
const mirror = (location: string): string => `[[registry.mirror]]\nlocation = "${location}"\n`;

describe('registries.conf', () => {
  test('gives mirrors, which are asked first; the image keeps its name', async () => {
    const run = configured(rule(`location = "upstream.invalid"`) + mirror(`${registry.host}/hub`));
    const name = 'upstream.invalid/library/busybox:1.0';
    expect((await run('pull', '-q', name)).stdout).toBe(`${name}\n`);
    expect((await run('run', '-q', '--rm', '--pull=never', name, 'echo', 'here')).stdout).toBe('here\n');
  });

  test('has mirrors that fail; the next one is asked, then the registry itself', async () => {
    const run = configured(
      rule(`location = "${registry.host}"`) + mirror(dead) + mirror(`${registry.host}/nothing-here`),
    );
    const name = `${registry.host}/hub/library/busybox:1.0`;
    const { stdout, stderr, exitCode } = await run('pull', '-q', name);
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: `${name}\n`, stderr: '', exitCode: 0 });
  });

  test('puts another place in the place of a prefix, for pull and for push', async () => {
    const run = configured(rule(`prefix = "short.example/lib"\nlocation = "${registry.host}/hub/library"`));
    expect((await run('pull', '-q', 'short.example/lib/busybox:1.0')).exitCode).toBe(0);
    await run('tag', 'short.example/lib/busybox:1.0', 'short.example/lib/again:1');
    expect((await run('push', '-q', 'short.example/lib/again:1')).exitCode).toBe(0);
    expect((await run('pull', '-q', `${registry.host}/hub/library/again:1`)).exitCode).toBe(0);
  });

  test('blocks a registry', async () => {
    const run = configured(rule(`location = "${registry.host}"\nblocked = true`));
    for (const verb of [['pull'], ['run', '--rm']]) {
      const { exitCode, stderr } = await run(...verb, `${registry.host}/hub/library/busybox:1.0`);
      expect(exitCode).toBe(verb[0] === 'run' ? 125 : 1);
      expect(stderr).toContain(`registries.conf blocks "${registry.host}"`);
    }
  });

  test('has aliases of short names, for pull and run; what they stand for is found when it is stored', async () => {
    await registry.fill('hub/alias:1.0', 'oci-archive:layers.tar');
    const run = configured(`[aliases]\nbox = "${registry.host}/hub/alias"\n`);
    const name = `${registry.host}/hub/alias:1.0`;
    expect((await run('pull', '-q', 'box:1.0')).stdout).toBe(`${name}\n`);
    // Config and layers.
    const before = await registry.until('hub/alias', /^GET .*\/blobs\//, 4);
    expect((await run('run', '-q', '--rm', 'box:1.0', 'echo', 'by alias')).stdout).toBe('by alias\n');
    expect(registry.requests('hub/alias')).toEqual(before);
  });

  test('that is damaged is an error with its line', async () => {
    const run = configured('[[registry]\nlocation = "a"');
    const { exitCode, stderr } = await run('pull', 'box');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^tsrun: cannot read ".*registries-\d+\.conf"\n {2}line 1: .*\n {2}hint: /);
  });
});
