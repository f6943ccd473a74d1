import { describe, expect, test } from 'vitest';
import { parseLimits } from './limits.ts';
import type { LimitOptions } from './run-options.ts';
import { type UpdateOptions, updatedLimits } from './updated-limits.ts';

const spell = (option: string): string => option;
const update = (before: LimitOptions, given: UpdateOptions) =>
  updatedLimits(parseLimits(before, spell, 'required'), given, spell);

describe('limits after an update', () => {
  test('what is not named stays', () => {
    const before = { memory: '64m', pidsLimit: 10, cpuShares: 512, cgroupConf: { 'memory.high': '1' } };
    const after = update(before, { cpus: '1.5' });
    expect(after).toEqual({ ...parseLimits(before, spell, 'required'), cpus: 1.5 });
  });

  test('0 and empty are not asked for, but for pids', () => {
    expect(update({ memory: '64m', pidsLimit: 9 }, { memory: '0', cpusetCpus: '', pidsLimit: '0' })).toMatchObject({
      memory: 64 << 20,
      pids: 0,
    });
  });

  test('memory -1 is no limit, and none of swap', () => {
    expect(update({ memory: '64m', memorySwap: '64m' }, { memory: '-1' })).toMatchObject({
      memory: null,
      memorySwap: null,
    });
  });

  test('--cpus and quota replace each other, and a period keeps the quota of before', () => {
    expect(update({ cpuQuota: 50_000 }, { cpus: '2' })).toMatchObject({ cpus: 2, cpuQuota: null, cpuPeriod: null });
    expect(update({ cpus: '0.5' }, { cpuQuota: '20000' })).toMatchObject({
      cpus: null,
      cpuQuota: 20_000,
      cpuPeriod: 100_000,
    });
    expect(update({ cpus: '0.5' }, { cpuPeriod: '200000' })).toMatchObject({ cpus: null, cpuQuota: 50_000 });
    expect(update({ cpuQuota: 50_000 }, { cpuQuota: '-1' })).toMatchObject({ cpuQuota: null });
  });

  test('what contradicts a limit that stays is refused', () => {
    expect(() => update({ memory: '64m', memorySwap: '64m' }, { memory: '128m' })).toThrow(
      'memorySwap is lower than memory',
    );
    expect(() => update({}, { memorySwap: '128m' })).toThrow('memorySwap needs memory');
  });
});
