/** `pull` and `push` of the library: typed, told of progress, ended by a signal. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { type ImageProgress, pull, push, type RegistryImage, TsrunError } from '../../src/index.ts';
import { type FakeRegistry, fakeRegistry } from '../support/fake-registry.ts';
import { makeHome } from '../support/home.ts';
import { missing } from '../support/needs.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { requires } from '../support/requires.ts';

const needed = ['program-docker-registry'] as const;
const withRegistry = requires(...needed);
const home = makeHome();
const image = imageOf({ reference: 'x', layers: [[file('one', '1\n')], [file('two', '2\n')]], config: {} });
let source: FakeRegistry;
let empty: TestRegistry;
beforeAll(async () => {
  source = await fakeRegistry(image);
  if (needed.every((need) => missing(need) === null)) empty = await startRegistry(home);
});
afterAll(async () => {
  await source.close();
  await empty?.stop();
  home[Symbol.dispose]();
});

let stores = 0;
function places(): { readonly store: string; readonly root: string } {
  stores += 1;
  return { store: `${home.store}-${stores}`, root: home.state };
}
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing failed',
    (error: unknown) => error,
  );

describe('pull', () => {
  test('resolves with what the image is, and tells how far each layer is', async () => {
    const events: ImageProgress[] = [];
    const pulled: RegistryImage = await pull(`${source.host}/team/x:1`, {
      ...places(),
      onProgress: (event) => void events.push(event),
    });
    expect(pulled).toEqual({
      id: source.digests.config,
      name: `${source.host}/team/x:1`,
      digest: source.digests.manifest,
    });
    const [first] = events;
    expect(first).toMatchObject({ type: 'start', layers: [{ name: expect.any(String) as string }, {}] });
    expect(events.filter(({ type }) => type === 'layer-done')).toHaveLength(2);
    expect(events.at(-1)).toEqual({ type: 'done' });
  });

  test('is ended by its signal, and stores no image', async () => {
    const stuck: FakeRegistry = await fakeRegistry(image, (request, response) => {
      if (request.url?.endsWith(stuck.digests.layers[1] ?? '?') !== true) return false;
      response.writeHead(200).write('x', () => stop.abort(new Error('enough')));
      return true;
    });
    const stop = new AbortController();
    const where = places();
    const error = await failure(pull(`${stuck.host}/team/x:1`, { ...where, signal: stop.signal }));
    await stuck.close();
    expect(error).toBeInstanceOf(TsrunError);
    expect(error).toMatchObject({ code: 'ABORTED', cause: new Error('enough') });
    expect(readdirSync(join(where.store, 'images'))).toEqual([]);
  });

  test.each([
    ['a name that is none', () => 'Not A Name', 'USAGE'],
    ['a registry that nobody answers for', () => '127.0.0.1:1/team/x', 'REGISTRY'],
  ])('of %s is a TsrunError', async (_, name, code) => {
    const error = await failure(pull(name(), places()));
    expect(error).toBeInstanceOf(TsrunError);
    expect((error as TsrunError).code).toBe(code);
  });

  test('of another platform finds no image of that one', async () => {
    const error = await failure(pull(`${source.host}/team/x:1`, { ...places(), platform: 'linux/never' }));
    expect(error).toMatchObject({ code: 'IMAGE_PLATFORM' });
  });

  test('reads credentials of the file that it is given', async () => {
    const guarded = await fakeRegistry(image, (request, response) => {
      if (request.headers.authorization === `Basic ${Buffer.from('a:b').toString('base64')}`) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    });
    const authfile = join(home.path, 'auth.json');
    const auth = Buffer.from('a:b').toString('base64');
    writeFileSync(authfile, JSON.stringify({ auths: { [guarded.host]: { auth } } }));
    const name = `${guarded.host}/team/x:1`;
    const denied = await failure(pull(name, { ...places(), authfile: join(home.path, 'none.json') }));
    const pulled = await pull(name, { ...places(), authfile });
    await guarded.close();
    expect(denied).toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(pulled.id).toBe(source.digests.config);
  });
});

describe('push', () => {
  withRegistry('resolves with what the registry calls the image, which pull finds by that', async () => {
    const where = places();
    const name = `${empty.host}/team/pushed:1`;
    const { id } = await pull(`${source.host}/team/x:1`, where);
    const events: ImageProgress[] = [];
    const pushed = await push(id, name, { ...where, onProgress: (event) => void events.push(event) });
    expect(pushed).toEqual({ id, name, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string });
    expect(events.filter((event) => event.type === 'layer-done' && event.how === 'pushed')).toHaveLength(2);
    const back = await pull(`${empty.host}/team/pushed@${pushed.digest}`, places());
    expect(back).toMatchObject({ id, digest: pushed.digest });
  });

  withRegistry('that was aborted before it began sends nothing', async () => {
    const where = places();
    const { id } = await pull(`${source.host}/team/x:1`, where);
    const aborted = push(id, `${empty.host}/never/sent:1`, { ...where, signal: AbortSignal.abort() });
    expect(await failure(aborted)).toMatchObject({ code: 'ABORTED' });
    expect(empty.requests('never/sent')).toEqual([]);
  });

  test('of what is not stored is a TsrunError', async () => {
    expect(await failure(push('nothing', 'localhost:1/x', places()))).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });
});
