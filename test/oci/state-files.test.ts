/** The second reader of the state file: `tsrun-oci state`, on the same cases as src/container/state/state-file.test.ts. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { tsrunOci } from './tsrun-oci.ts';

const cases = join(import.meta.dirname, 'state-files');
const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** The container "web" with this state file. */
function containerWith(kind: string, name: string): string {
  const root = join(home.path, kind, name);
  mkdirSync(join(root, 'web'), { recursive: true });
  copyFileSync(join(cases, kind, name), join(root, 'web', 'state'));
  return root;
}

describe('tsrun-oci reads the state file as TypeScript does', () => {
  for (const name of readdirSync(join(cases, 'good'))) {
    test(`good: ${name}`, () => {
      const { stdout, stderr, status } = tsrunOci(containerWith('good', name), ['state', 'web']);
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      const text = readFileSync(join(cases, 'good', name), 'utf8');
      const lines = text.match(/^json-(before|after) .*$/gm)?.map((line) => line.replace(/^\S+ /, ''));
      expect(JSON.parse(stdout)).toEqual({ ...JSON.parse(`{${lines?.join('\n')}}`), pid: 0, status: 'stopped' });
    });
  }

  for (const name of readdirSync(join(cases, 'bad'))) {
    test(`bad: ${name}`, () => {
      const root = containerWith('bad', name);
      const refused = tsrunOci(root, ['state', 'web']);
      expect(refused.status).toBe(1);
      expect(refused.stdout).toBe('');
      expect(refused.stderr).toContain('cannot read the state of container "web"');
    });
  }
});
