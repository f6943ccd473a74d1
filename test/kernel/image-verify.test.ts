/** What is stored, checked, repaired, told of and packed. */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { fakeRegistry } from '../support/fake-registry.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { asLayerRoot } from '../support/layers.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
let store: string;
beforeEach(() => {
  store = mkdtempSync(join(home.path, 'store-'));
});
const run = (args: readonly string[], at = store): Promise<Outcome> =>
  tsrun(args, { env: { ...home.env, TSRUN_STORE: at } });

async function ok(args: readonly string[], at = store): Promise<string> {
  const outcome = await run(args, at);
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return outcome.stdout;
}

/** An image of a layer that all of them share and one of its own. */
function archive(reference: string): string {
  const base = [
    directory('etc'),
    file('etc/base', 'base\n'),
    symlink('etc/link', 'base'),
    file('etc/old', ''),
    directory('var'),
    directory('var/empty'),
  ];
  const layers = [base, [file('etc/own', `${reference}\n`)]];
  const path = join(mkdtempSync(join(home.path, 'files-')), 'image.tar');
  writeFileSync(path, tarOf(oldDockerArchive([imageOf({ reference, layers, config: {} })])));
  return path;
}

/** Runs a script in the layer that has this file, as root of those ids. */
function inLayer(path: string, script: string): void {
  const layers = join(store, 'layers');
  const name = readdirSync(layers).find((one) => existsSync(join(layers, one, path)));
  asLayerRoot(['sh', '-euc', `cd "$1"\n${script}`, 'sh', join(layers, name ?? '')]);
}

const damage = (path: string): void => inLayer(path, `printf 'BASE\\n' > ${path}`);

/** Overwrites every file of a folder of the store. */
function overwrite(folder: string, text: string): void {
  for (const file of readdirSync(join(store, folder))) writeFileSync(join(store, folder, file), text);
}

function damageRecord(text = ''): void {
  const [record = ''] = readdirSync(join(store, 'images')).filter((name) => name.endsWith('.json'));
  writeFileSync(join(store, 'images', record), text);
}

describe('image verify', () => {
  test('names the file of the layer that is not what it was, and --repair unpacks it again', async () => {
    await ok(['load', '-q', archive('a:1')]);
    await ok(['load', '-q', archive('b:1')]);
    expect(await ok(['image', 'verify'])).toBe('2 images, 3 layers: nothing is wrong\n');
    damage('etc/base');
    const found = await run(['image', 'verify']);
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toMatch(/^the layer [0-9a-f]{12}: "etc\/base" holds something else\n/);
    const repaired = await run(['image', 'verify', '--repair']);
    expect(repaired).toMatchObject({ exitCode: 0, stderr: '' });
    expect(repaired.stdout).toMatch(/Repaired: sha256:.*\n2 images, 3 layers: nothing is wrong\n$/s);
    expect(await ok(['image', 'verify'])).toBe('2 images, 3 layers: nothing is wrong\n');
  });

  test('takes nothing away of what cannot be had again', async () => {
    const path = archive('a:1');
    await ok(['load', '-q', path]);
    rmSync(path);
    damage('etc/base');
    const before = readdirSync(join(store, 'layers')).sort();
    const { exitCode, stderr } = await run(['image', 'verify', '--repair']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('what it came from is gone');
    expect(readdirSync(join(store, 'layers')).sort()).toEqual(before);
  });

  test('tells of owners, modes, times, links and attributes that changed, and of files too many or too few, and mends them', async () => {
    await ok(['load', '-q', archive('a:1')]);
    inLayer(
      'etc/base',
      `chmod 4755 etc/base
       chown 0:7 etc/base
       python3 -c 'import os; os.setxattr("etc/base", "user.one", b"1")'
       ln -sfn elsewhere etc/link
       mkdir etc/more; echo x > etc/more/x
       touch -d @1 etc/old
       rmdir var/empty
       chmod 700 etc; touch -d @1704067200 etc var`,
    );
    const found = await run(['image', 'verify']);
    expect(found.exitCode).toBe(1);
    const told = found.stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^the layer \w+: /, ''));
    expect(told.filter((line) => !line.startsWith('"etc/link"'))).toEqual([
      '"etc" differs in mode',
      '"etc/base" differs in mode, owner, extended attributes',
      '"etc/more" does not belong to it',
      '"etc/more/x" does not belong to it',
      '"etc/old" differs in time',
      '"var/empty" is missing',
      '1 image, 2 layers: 7 faults',
    ]);
    // When a link was made is in its time.
    expect(told.join('\n')).toMatch(/^"etc\/link" differs in target/m);
    expect((await run(['image', 'verify', '--repair'])).stdout).toMatch(/\n1 image, 2 layers: nothing is wrong\n$/);
    expect(await ok(['image', 'verify'])).toBe('1 image, 2 layers: nothing is wrong\n');
  });

  test('leaves nothing behind', async () => {
    await ok(['load', '-q', archive('a:1')]);
    const before = readdirSync(join(store, 'layers')).sort();
    await ok(['image', 'verify']);
    expect(readdirSync(join(store, 'layers')).sort()).toEqual(before);
    expect(readdirSync(join(store, 'pending'))).toEqual([]);
  });

  test('makes the record of an image anew out of its config', async () => {
    await ok(['load', '-q', archive('a:1')]);
    const list = ['images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}} {{.Size}}'];
    const before = await ok(list);
    for (const text of ['{"version":', '{"version":1}']) {
      damageRecord(text);
      const found = await run(['image', 'verify']);
      expect(found.stdout).toMatch(/^the record of the image [0-9a-f]{12} is damaged\n/);
      expect(found.exitCode).toBe(1);
      expect((await run(['image', 'verify', '--repair'])).exitCode).toBe(0);
      expect(await ok(list)).toBe(before);
    }
  });

  test('loses nothing of an image whose record is damaged to commands that clear the store', async () => {
    await ok(['load', '-q', archive('a:1')]);
    await ok(['load', '-q', archive('b:1')]);
    const list = ['images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'];
    const before = await ok(list);
    const id = (await ok(['images', '-q', '--no-trunc', 'b:1'])).trim().replace('sha256:', '');
    writeFileSync(join(store, 'images', `${id}.json`), '');
    writeFileSync(join(store, 'pending', 'dead'), '');
    await ok(['rmi', 'a:1']);
    await ok(['image', 'prune', '-f']);
    expect((await run(['image', 'verify', '--repair'])).stdout).toMatch(/\n1 image, 2 layers: nothing is wrong\n$/);
    expect(before.split('\n')).toContain((await ok(list)).trim());
  });

  test('takes away the file of a name that cannot be read, and the name can be given anew', async () => {
    await ok(['load', '-q', archive('a:1')]);
    const id = (await ok(['images', '-q'])).trim();
    overwrite('names', '{"version":1,"name":"a"}');
    expect((await run(['image', 'verify'])).stdout).toMatch(/^the file of a name, ".*", is damaged\n/);
    expect((await run(['image', 'verify', '--repair'])).exitCode).toBe(0);
    await ok(['tag', id, 'a:1']);
    expect(await ok(['image', 'verify'])).toBe('1 image, 2 layers: nothing is wrong\n');
  });

  test('repairs what is kept of the headers of a layer', async () => {
    await ok(['load', '-q', archive('a:1')]);
    for (const file of readdirSync(join(store, 'layers')).filter((name) => name.endsWith('.split'))) {
      writeFileSync(join(store, 'layers', file), 'no gzip');
    }
    expect((await run(['image', 'verify'])).stdout).toMatch(/^the layer [0-9a-f]{12}: cannot read ".*[.]split": /);
    expect((await run(['image', 'verify', '--repair'])).stdout).toMatch(/nothing is wrong\n$/);
  });

  test('has what a killed repair had put aside again', async () => {
    await ok(['load', '-q', archive('a:1')]);
    const layers = join(store, 'layers');
    const [name = ''] = readdirSync(layers).filter((one) => existsSync(join(layers, one, 'etc/base')));
    for (const end of ['', '.json', '.split'])
      renameSync(join(layers, `${name}${end}`), join(layers, `${name}.aside${end}`));
    writeFileSync(join(store, 'pending', 'dead'), '');
    expect(await ok(['image', 'verify'])).toBe('1 image, 2 layers: nothing is wrong\n');
    expect(readdirSync(layers).filter((one) => one.includes('aside'))).toEqual([]);
  });

  test('repairs a config that holds something else', async () => {
    await ok(['load', '-q', archive('a:1')]);
    const blobs = join(store, 'blobs', 'sha256');
    writeFileSync(join(blobs, readdirSync(blobs)[0] ?? ''), '{}');
    expect((await run(['image', 'verify'])).stdout).toMatch(/^the config [0-9a-f]{12} holds something else\n/);
    expect((await run(['image', 'verify', '--repair'])).stdout).toMatch(/nothing is wrong\n$/);
  });
});

describe('image verify --repair of a pulled image', () => {
  const image = imageOf({ reference: 'x:1', layers: [[file('a', 'one\n')], [file('b', 'two\n')]], config: {} });

  test('fetches the damaged layer again, and only that', async () => {
    const registry = await fakeRegistry(image);
    try {
      await ok(['pull', '-q', `${registry.host}/team/x:1`]);
      inLayer('b', 'printf "TWO\\n" > b');
      const asked = registry.asked.length;
      const repaired = await run(['image', 'verify', '--repair']);
      expect(repaired.stdout).toMatch(
        /^the layer \w+: "b" holds something else\nRepaired: .*\n1 image, 2 layers: nothing/,
      );
      expect(repaired.exitCode).toBe(0);
      const fetched = registry.asked.slice(asked).map(({ path }) => path.split('/').at(-1));
      expect(fetched).toContain(registry.digests.layers[1]);
      expect(fetched).not.toContain(registry.digests.layers[0]);
      expect(await ok(['image', 'verify'])).toBe('1 image, 2 layers: nothing is wrong\n');
    } finally {
      await registry.close();
    }
  });

  test('knows the registry by a record that was made anew', async () => {
    const registry = await fakeRegistry(image);
    try {
      const name = `${registry.host}/team/x:1`;
      await ok(['pull', '-q', name]);
      const before = await ok(['inspect', name]);
      damageRecord();
      expect((await run(['image', 'verify', '--repair'])).exitCode).toBe(0);
      expect(await ok(['inspect', name])).toBe(before);
      expect(before).toContain(`/team/x@${registry.digests.manifest}`);
      damageRecord();
      inLayer('b', 'printf "TWO\\n" > b');
      expect((await run(['image', 'verify', '--repair'])).stdout).toMatch(/1 image, 2 layers: nothing is wrong\n$/);
      damageRecord();
      await ok(['pull', '-q', name]);
      expect(await ok(['inspect', name])).toBe(before);
    } finally {
      await registry.close();
    }
  });

  test('says why when the registry does not answer, and leaves the layer as it was', async () => {
    const registry = await fakeRegistry(image);
    await ok(['pull', '-q', `${registry.host}/team/x:1`]).finally(registry.close);
    inLayer('b', 'printf "TWO\\n" > b');
    const before = readdirSync(join(store, 'layers')).sort();
    const { exitCode, stdout, stderr } = await run(['image', 'verify', '--repair']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('still: the layer');
    expect(stdout).toContain('"b" holds something else');
    expect(stderr).toContain(`cannot reach the registry "${registry.host}"`);
    expect(readdirSync(join(store, 'layers')).sort()).toEqual(before);
  });
});

describe('told of images', () => {
  test('tag gives one more name to an image', async () => {
    await ok(['load', '-q', archive('a:1')]);
    await ok(['tag', 'a:1', 'team/b']);
    expect(await ok(['images', '--format', '{{.Repository}}:{{.Tag}}'])).toBe('a:1\nteam/b:latest\n');
    expect((await run(['tag', 'nothing', 'c'])).stderr).toContain('cannot find the stored image "nothing"');
  });

  test('history has a line for each layer, the newest first', async () => {
    await ok(['load', '-q', fixture('layers.tar')]);
    const layers = JSON.parse(await ok(['inspect', 'layers']))[0].RootFS.Layers as readonly string[];
    const told = await ok(['history', '--no-trunc', '--format', '{{.Layer}}', 'layers']);
    expect(
      told
        .trim()
        .split('\n')
        .filter((line) => line !== ''),
    ).toEqual(layers.toReversed());
  });

  test('image tree draws a layer that several share once', async () => {
    await ok(['load', '-q', archive('a:1')]);
    await ok(['load', '-q', archive('b:1')]);
    expect(await ok(['image', 'tree'])).toMatch(/^\w{12} {2}5B\n├─ \w{12} {2}4B {2}b:1\n└─ \w{12} {2}4B {2}a:1\n$/);
  });
});

test('what image pack wrote is restored elsewhere by image unpack: the same images, under all their names', async () => {
  await ok(['load', '-q', archive('a:1')]);
  await ok(['load', '-q', fixture('layers.tar')]);
  await ok(['tag', 'a:1', 'also:2']);
  const list = ['images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'];
  for (const compression of ['zstd', 'gzip']) {
    const packed = join(mkdtempSync(join(home.path, 'out-')), 'cache');
    await ok(['image', 'pack', '--compression', compression, '-o', packed]);
    const other = mkdtempSync(join(home.path, 'other-'));
    await ok(['image', 'unpack', '-q', packed], other);
    const sorted = async (at: string) => (await ok(list, at)).trim().split('\n').sort();
    expect(await sorted(other)).toEqual(await sorted(store));
    expect(await ok(['image', 'verify'], other)).toMatch(/nothing is wrong\n$/);
  }
});
