/** `tsrun ps` shows what a client made through tsrun-oci. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { makeHome, type TestHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { makeBundle, type TestBundle } from './bundle.ts';
import { tsrunOci } from './tsrun-oci.ts';

const test = requires();
let home: TestHome;
let bundle: TestBundle;
beforeAll(() => {
  home = makeHome();
  bundle = makeBundle(home.path);
});
afterAll(() => home[Symbol.dispose]());

const ps = async (...flags: readonly string[]): Promise<string> => {
  const { stdout, exitCode } = await tsrun(['ps', ...flags], { env: { ...home.env, TSRUN_ROOT: home.path } });
  expect(exitCode).toBe(0);
  return stdout;
};

test('ps marks them, and leaves them out where only ids are asked for', async () => {
  const root = join(home.path, 'oci');
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.annotations = { from: 'a client' };
  });
  const row = '{{.Image}} {{.Names}} {{.State}} {{.Command}} {{.Labels}}';
  expect(tsrunOci(root, ['create', '--bundle', bundle.path, 'theirs']).status).toBe(0);
  try {
    expect(await ps('--format', row)).toBe('');
    expect(await ps('-a', '--format', row)).toBe('(tsrun-oci) theirs created "sleep 1000" from=a client\n');
    expect(tsrunOci(root, ['start', 'theirs']).status).toBe(0);
    expect(await ps('--format', row)).toBe('(tsrun-oci) theirs running "sleep 1000" from=a client\n');
    expect(await ps()).toMatch(/^CONTAINER ID.*\ntheirs +\(tsrun-oci\) +"sleep 1000" .* Up .* theirs$/m);
    expect(await ps('-aq')).toBe('');
    expect(await ps('--filter', 'name=theirs')).not.toContain('sleep');
  } finally {
    tsrunOci(root, ['delete', '--force', 'theirs']);
  }
  expect(await ps('-a', '--format', row)).toBe('');
});
