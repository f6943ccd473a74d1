/** Both sides of the plan codec: what TypeScript encodes, C++ decodes and encodes again to the same bytes. */
import { describe, expect, test } from 'vitest';
import { addon } from '../../src/native/addon.ts';
import type { LaunchHeader } from '../../src/native/launch-header.ts';
import { encodePlan, stepOrder } from '../../src/native/plan-codec.ts';
import type { Step } from '../../src/plan/plan.ts';
import { exampleSteps } from '../support/example-steps.ts';

const header: LaunchHeader = {
  reportProgress: true,
  lifetime: 'handover' as const,
  streams: { relayTerminal: false, input: 'launcher', detachKeys: '' },
  killCgroup: '/sys/fs/cgroup/tsrun/é',
  record: {
    directory: '/var/lib/tsrun/containers/é',
    log: { keeps: 'files', size: 2 ** 40, files: 3 },
    epilogue: ['/usr/bin/node', '--', 'tsrun'],
    epilogueEnv: ['PATH=/bin'],
    epilogueWhen: 'restart',
  },
  health: {
    interval: 30_000,
    timeout: 1,
    retries: 3,
    startPeriod: 5,
    startInterval: 7,
    onFailure: 'restart',
    stopSignal: 15,
    stopTimeout: 10_000,
  },
  events: {
    file: '/run/tsrun/events',
    id: 'abc',
    attributes: '"name":"é"',
    volumes: [{ name: 'data', attributes: '"a":"b"' }],
  },
};
const encode = (...steps: readonly Step[]) => Buffer.from(encodePlan({ version: 1, steps }, header));
const roundTrip = (bytes: Uint8Array) => addon().roundTripPlan(bytes);

describe('a plan', () => {
  test('has an example of every kind on the wire', () => {
    expect([...new Set(exampleSteps.map((step) => step.kind))].sort()).toEqual([...stepOrder].sort());
  });

  test.each(exampleSteps.map((step) => [step.kind, step] as const))('%s crosses unchanged', (_, step) => {
    const bytes = encode(step);
    expect(roundTrip(bytes).equals(bytes)).toBe(true);
  });

  test('of all kinds crosses unchanged', () => {
    const bytes = encode(...exampleSteps);
    expect(roundTrip(bytes).equals(bytes)).toBe(true);
  });

  test('cut anywhere is refused', () => {
    const bytes = encode(...exampleSteps);
    for (let size = 0; size < bytes.length; size++) {
      expect(() => roundTrip(bytes.subarray(0, size)), `${size} bytes`).toThrow();
    }
  });

  test('with bytes after its end is refused', () => {
    expect(() => roundTrip(Buffer.concat([encode(...exampleSteps), Buffer.of(0)]))).toThrow(/bytes after/);
  });

  test('with any byte changed is refused or means something else, and never crashes', () => {
    const bytes = encode(...exampleSteps);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      try {
        expect(roundTrip(changed).equals(bytes)).toBe(false);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  });

  test('of another version is refused', () => {
    const bytes = encode();
    bytes.writeUInt32LE(2, 4);
    expect(() => roundTrip(bytes)).toThrow(/another version/);
  });

  test('with a kind nobody knows is refused', () => {
    const bytes = encode({ kind: 'loopback' });
    bytes.writeUInt16LE(stepOrder.length, bytes.length - 2);
    expect(() => roundTrip(bytes)).toThrow(/unknown kind/);
  });

  test('with a list longer than itself is refused before anything is allocated for it', () => {
    const bytes = encode({ kind: 'exec', argv: ['a'], env: [], candidates: [], home: 'given', pid1: 'command' });
    const list = bytes.length - (4 + 4 + 2 + 4 + 4 + 2);
    bytes.writeUInt32LE(0xffff_ffff, list);
    expect(() => roundTrip(bytes)).toThrow(/longer than the plan/);
  });

  test('holds a 10 MB environment', () => {
    const env = Array.from({ length: 1000 }, (_, i) => `V${i}=${'x'.repeat(10_000)}`);
    const bytes = encode({ kind: 'exec', argv: ['a'], env, candidates: ['/a'], home: 'given', pid1: 'command' });
    expect(roundTrip(bytes).equals(bytes)).toBe(true);
  });

  test('refuses a string with a NUL', () => {
    expect(() => encode({ kind: 'hostname', hostname: 'a\0b' })).toThrow(/NUL/);
  });
});
