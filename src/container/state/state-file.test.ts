import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ContainerState, encodeState, parseState } from './state-file.ts';

const cases = join(import.meta.dirname, '..', '..', '..', 'test', 'oci', 'state-files');
const read = (kind: string, name: string): string => readFileSync(join(cases, kind, name), 'utf8');

const state: ContainerState = {
  id: 'web',
  pid: 4194304,
  startTime: 123456,
  cgroup: '/sys/fs/cgroup/tsrun/web',
  scope: null,
  pidNamespace: 'own',
  hooks: [],
  startStep: 40,
  ociVersion: '1.2.0',
  bundle: '/b',
  rootfs: '/b/rootfs',
  created: '2026-01-02T03:04:05Z',
  owner: 'root',
  annotations: {},
};

describe('the state file', () => {
  test('is written as the example shows', () => {
    expect(encodeState(state)).toBe(read('good', 'plain'));
  });

  test('comes back as it was written', () => {
    const full: ContainerState = {
      ...state,
      cgroup: null,
      pidNamespace: 'shared',
      hooks: ['poststart', 'poststop'],
      bundle: '/with\n"newline',
      annotations: { 'a\nb': '\0 "ü"' },
    };
    expect(parseState(encodeState(full))).toEqual(full);
  });

  for (const name of readdirSync(join(cases, 'good'))) {
    test(`good: ${name}`, () => {
      expect(encodeState(parseState(read('good', name)))).toBe(read('good', name));
    });
  }
  // Whose id it is only who opens the directory knows.
  for (const name of readdirSync(join(cases, 'bad')).filter((name) => name !== 'another-id')) {
    test(`bad: ${name}`, () => {
      expect(() => parseState(read('bad', name))).toThrow('cannot read the state of a container');
    });
  }
});
