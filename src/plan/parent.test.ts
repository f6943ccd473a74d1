import { describe, expect, it } from 'vitest';
import { mapsBelow, withAnchor } from './parent.ts';

const between = [
  { container: 0, host: 1000, size: 1 },
  { container: 1, host: 100000, size: 65536 },
];

describe('ids below another user namespace', () => {
  it('are the same outside', () => {
    expect(mapsBelow(between, between)).toEqual([
      { container: 0, host: 0, size: 1 },
      { container: 1, host: 1, size: 65536 },
    ]);
  });

  it('are cut where its ranges end', () => {
    const two = [
      { container: 0, host: 500, size: 10 },
      { container: 10, host: 510, size: 10 },
    ];
    expect(mapsBelow([{ container: 0, host: 505, size: 10 }], two)).toEqual([
      { container: 0, host: 5, size: 5 },
      { container: 5, host: 10, size: 5 },
    ]);
  });

  it('that it does not have cannot be had', () => {
    expect(() => mapsBelow([{ container: 0, host: 99999, size: 2 }], between)).toThrow(/user ids/);
  });
});

it('an anchor stands before the clone, and nobody but its root writes the maps', () => {
  const plan = withAnchor(
    {
      version: 1,
      steps: [
        { kind: 'clone', namespaces: ['user'], cgroup: null },
        { kind: 'id-map', uids: between, gids: between, writer: 'newidmap' },
      ],
    },
    { users: '/proc/1/ns/user', network: '/proc/1/ns/net', uids: between, gids: between },
  );
  expect(plan.steps.map(({ kind }) => kind)).toEqual(['anchor', 'clone', 'id-map']);
  expect(plan.steps[2]).toMatchObject({ writer: 'direct', uids: [{ host: 0 }, { host: 1 }] });
});
