import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { OciResources } from '../oci/resources.ts';
import { mergeResources } from './merge-resources.ts';
import { updateLimits } from './update.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});

/** Plain files in the place of the kernel's; they take any value. */
function group(files: Readonly<Record<string, string>>) {
  const path = mkdtempSync(join(tmpdir(), 'tsrun-update-'));
  made.push(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, read: (name: string) => readFileSync(join(path, name), 'latin1') };
}

const update = (path: string, before: OciResources, changes: OciResources) =>
  updateLimits({ path, scope: null }, { before, changes }, 4096);

describe('an update', () => {
  it('changes what it names and keeps the rest of its section', async () => {
    const { path, read } = group({ 'cpu.max': 'max 100000\n', 'cpu.weight': '100\n', 'memory.max': 'max\n' });
    const before = { cpu: { quota: 50_000, period: 100_000 }, memory: { limit: 8192 } };
    const { resources } = await update(path, before, { cpu: { period: 200_000, shares: 1024 } });
    expect(read('cpu.max')).toBe('50000 200000');
    expect(read('memory.max')).toBe('max\n');
    expect(resources).toEqual({ cpu: { quota: 50_000, period: 200_000, shares: 1024 }, memory: { limit: 8192 } });
  });
  it('puts everything back when one limit is refused', async () => {
    const { path, read } = group({ 'memory.max': '4096\n', 'pids.max': '7\n' });
    await expect(update(path, {}, { memory: { limit: 8192 }, pids: { limit: 9 }, cpu: { shares: 2 } })).rejects.toThrow(
      expect.objectContaining({
        code: 'LIMIT_UNAVAILABLE',
        message: 'cannot set the limit cpu.weight to "1"',
        hint: 'nothing was changed',
      }),
    );
    expect(read('memory.max')).toBe('4096');
    expect(read('pids.max')).toBe('7\n');
  });
  it('fails when the kernel holds another value', async () => {
    const { path } = group({ 'memory.swap.max': 'max\n' });
    // Takes every write and reads as empty, as a file that ignores what it is told.
    symlinkSync('/dev/null', join(path, 'memory.max'));
    await expect(update(path, {}, { memory: { limit: 8192 } })).rejects.toThrow(
      expect.objectContaining({ why: 'the kernel holds "" instead' }),
    );
  });
  it('lowers a quota below the burst of before', async () => {
    const { path, read } = group({ 'cpu.max': '50000 100000\n', 'cpu.max.burst': '40000\n' });
    await update(path, { cpu: { quota: 50_000, burst: 40_000 } }, { cpu: { quota: 10_000, burst: 5000 } });
    expect([read('cpu.max'), read('cpu.max.burst')]).toEqual(['10000 100000', '5000']);
  });
  it('takes the burst away', async () => {
    const { path, read } = group({ 'cpu.max': '50000 100000\n', 'cpu.max.burst': '40000\n' });
    await update(path, { cpu: { quota: 50_000, burst: 40_000 } }, { cpu: { burst: 0 } });
    expect(read('cpu.max.burst')).toBe('0');
  });
  it('does not write the weight of a group that is idle and stays so', async () => {
    const { path, read } = group({ 'cpu.max': 'max 100000\n', 'cpu.weight': '0\n', 'cpu.idle': '1\n' });
    const { resources } = await update(path, { cpu: { idle: 1, shares: 512 } }, { cpu: { quota: 5000 } });
    expect([read('cpu.max'), read('cpu.weight')]).toEqual(['5000 100000', '0\n']);
    expect(resources.cpu).toEqual({ idle: 1, shares: 512, quota: 5000 });
    await update(path, resources, { cpu: { idle: 0 } });
    expect([read('cpu.idle'), read('cpu.weight')]).toEqual(['0', '59']);
  });
  it('needs only one of the two files for weights of disks', async () => {
    const { path, read } = group({ 'io.bfq.weight': 'default 100\n' });
    await update(path, {}, { blockIO: { weight: 500 } });
    expect(read('io.bfq.weight')).toBe('default 500');
    await expect(update(group({}).path, {}, { blockIO: { weight: 500 } })).rejects.toThrow('io.weight');
  });
  it('does not kill for a limit that asks to be checked', async () => {
    const { path, read } = group({ 'memory.max': 'max\n', 'memory.current': '9000\n' });
    await expect(update(path, {}, { memory: { limit: 8192, checkBeforeUpdate: true } })).rejects.toThrow(
      expect.objectContaining({ hint: 'give at least 9000' }),
    );
    expect(read('memory.max')).toBe('max\n');
  });
  it('says that device rules stay', async () => {
    const { notes } = await update(group({}).path, {}, { devices: [{ allow: true, access: 'r' }] });
    expect(notes).toEqual(['device rules are those of the start: they cannot be changed while the container runs']);
  });
  it('without a control group is an error', async () => {
    await expect(updateLimits(null, { before: {}, changes: {} }, 4096)).rejects.toThrow('cannot change the limits');
  });
});

describe('merging', () => {
  const MB = 1024 ** 2;
  it.each([
    ['another limit for memory leaves that of swap', { limit: 64 * MB, swap: 96 * MB }, { limit: 80 * MB }, 112 * MB],
    ['unlimited memory has unlimited swap', { limit: 64 * MB, swap: 96 * MB }, { limit: -1 }, -1],
    ['unlimited swap stays so', { limit: 64 * MB, swap: -1 }, { limit: 80 * MB }, -1],
    ['a sum that is given is meant', { limit: 64 * MB, swap: 96 * MB }, { limit: 80 * MB, swap: 90 * MB }, 90 * MB],
    ['zeros mean nothing', { limit: 64 * MB, swap: 96 * MB }, { limit: 0, swap: 0 }, 96 * MB],
  ])('%s', (_, before, memory, swap) => {
    expect(mergeResources({ memory: before }, { memory }).memory?.swap).toBe(swap);
  });
  it('keeps what clients write zeros and empty texts for', () => {
    const before = {
      cpu: { shares: 512, quota: 5000, period: 10_000, cpus: '0' },
      blockIO: { weight: 300 },
      pids: { limit: 7 },
    };
    const zeros = {
      cpu: { shares: 0, quota: 0, period: 0, cpus: '' },
      blockIO: { weight: 0 },
      pids: { limit: 0 },
    };
    expect(mergeResources(before, zeros)).toEqual(before);
  });
  it('goes by field, by file, by page size and by disk', () => {
    const disk = (minor: number, rate: number) => ({ major: 8, minor, rate });
    expect(
      mergeResources(
        {
          memory: { limit: 1, swap: 2 },
          unified: { 'memory.high': '1', 'memory.low': '2' },
          hugepageLimits: [{ pageSize: '2MB', limit: 1 }],
          blockIO: { weight: 10, throttleReadBpsDevice: [disk(0, 1), disk(16, 2)] },
        },
        {
          memory: { limit: 3 },
          unified: { 'memory.high': '9' },
          hugepageLimits: [{ pageSize: '1GB', limit: 5 }],
          blockIO: { throttleReadBpsDevice: [disk(16, 7)] },
        },
      ),
    ).toEqual({
      memory: { limit: 3, swap: 4 },
      unified: { 'memory.high': '9', 'memory.low': '2' },
      hugepageLimits: [
        { pageSize: '2MB', limit: 1 },
        { pageSize: '1GB', limit: 5 },
      ],
      blockIO: { weight: 10, throttleReadBpsDevice: [disk(0, 1), disk(16, 7)] },
    });
  });
});
