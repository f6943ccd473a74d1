import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scopeAround } from '../exec-group.ts';
import { cgroupLimits } from '../limits.ts';
import { annotationProperties } from './annotation-properties.ts';
import { busSocket } from './bus.ts';
import { limitProperties } from './limit-properties.ts';
import { sliceDirectory } from './slice.ts';
import { unitName } from './unit-name.ts';

describe('the bus of a user', () => {
  const home = mkdtempSync(join(tmpdir(), 'tsrun-test-'));
  afterAll(() => rmSync(home, { recursive: true }));
  const bus = join(home, 'bus');
  const other = join(home, 'other');

  it('is in XDG_RUNTIME_DIR, else where the session says, else where logind puts it', () => {
    const env = { XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: `unix:guid=7,path=${other};tcp:host=x` };
    expect(busSocket('user', env, 7)).toBe('/run/user/7/bus');
    writeFileSync(other, '');
    expect(busSocket('user', env, 7)).toBe(other);
    writeFileSync(bus, '');
    expect(busSocket('user', env, 7)).toBe(bus);
    expect(busSocket('user', { XDG_RUNTIME_DIR: '' }, 7)).toBe('/run/user/7/bus');
  });
});

describe('a process that joins', () => {
  it('is moved by systemd to the unit its container is in, and to the place below it', () => {
    const manager = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service';
    expect(scopeAround(`${manager}/tsrun.slice/tsrun-c7f.scope/container`)).toEqual({
      unit: 'tsrun-c7f.scope',
      below: '/container',
    });
    expect(scopeAround(`${manager}/user.slice/libpod-c7f.scope`)).toEqual({ unit: 'libpod-c7f.scope', below: '' });
    // systemd inside has a scope of its own.
    expect(scopeAround(`${manager}/user.slice/libpod-c7f.scope/init.scope`)?.unit).toBe('libpod-c7f.scope');
    expect(scopeAround('/sys/fs/cgroup/tsrun/c7f')).toBe(null);
  });
});

describe('a slice', () => {
  it('is a directory for each dash', () => {
    expect(sliceDirectory('machine.slice')).toBe('machine.slice');
    expect(sliceDirectory('a-b-c.slice')).toBe('a.slice/a-b.slice/a-b-c.slice');
    expect(sliceDirectory('-.slice')).toBe('');
  });
  it.each(['', 'a', '.slice', 'a--b.slice', '-a.slice', 'a-.slice', '../x.slice', 'a/b.slice'])('is not %s', (name) => {
    expect(() => sliceDirectory(name)).toThrow('is not the name of a slice');
  });
});

describe('slice:prefix:name', () => {
  it('becomes prefix-name.scope in the slice', () => {
    expect(unitName('machine.slice:libpod:c7f', 'x', 'system')).toEqual({
      slice: 'machine.slice',
      unit: 'libpod-c7f.scope',
    });
    expect(unitName('-:docker:c7f', 'x', 'system')).toEqual({ slice: '-.slice', unit: 'docker-c7f.scope' });
  });
  it('has defaults', () => {
    expect(unitName('', 'c7f', 'system')).toEqual({ slice: 'system.slice', unit: 'tsrun-c7f.scope' });
    expect(unitName(':libpod:c7f', 'x', 'user')).toEqual({ slice: 'user.slice', unit: 'libpod-c7f.scope' });
    expect(unitName('a.slice::c7f', 'x', 'user')).toEqual({ slice: 'a.slice', unit: 'c7f.scope' });
  });
  it.each(['/docker/c7f', 'a.slice:b', 'a.slice:b:', 'a.slice:b:c:d', 'a.slice:b:../c', 'a.slice:b:c.slice', 'x:b:c'])(
    'is not %s',
    (text) => {
      expect(() => unitName(text, 'x', 'system')).toThrow(RangeError);
    },
  );
});

describe('limits as properties', () => {
  const properties = (resources: Parameters<typeof cgroupLimits>[0]) =>
    limitProperties(cgroupLimits(resources, 4096).limits).map(({ name, value }) => [name, value]);

  it('are the ones runc sets', () => {
    expect(
      properties({
        memory: { limit: 67_108_864, swap: 134_217_728, reservation: 4096 },
        pids: { limit: 20 },
        cpu: { shares: 1024, cpus: '0-1,9', mems: '0' },
      }),
    ).toEqual([
      ['MemorySwapMax', 67_108_864n],
      ['MemoryMax', 67_108_864n],
      ['MemoryLow', 4096n],
      ['CPUWeight', 100n],
      ['AllowedCPUs', [3, 2]],
      ['AllowedMemoryNodes', [1]],
      ['TasksMax', 20n],
    ]);
  });
  it('round a quota up to whole per cents', () => {
    expect(properties({ cpu: { quota: 12_345, period: 100_000 } })).toEqual([
      ['CPUQuotaPeriodUSec', 100_000n],
      ['CPUQuotaPerSecUSec', 130_000n],
    ]);
    expect(properties({ cpu: { quota: 25_000, period: 50_000 } })[1]).toEqual(['CPUQuotaPerSecUSec', 500_000n]);
  });
  it('say infinity where there is none', () => {
    expect(properties({ memory: { limit: -1 }, cpu: { period: 50_000 } })).toEqual([
      ['MemorySwapMax', 2n ** 64n - 1n],
      ['MemoryMax', 2n ** 64n - 1n],
      ['CPUQuotaPeriodUSec', 50_000n],
      ['CPUQuotaPerSecUSec', 2n ** 64n - 1n],
    ]);
  });
  it('leave out what systemd has no word for', () => {
    expect(
      properties({ cpu: { idle: 1, burst: 5 }, unified: { 'memory.oom.group': '1', 'io.max': '8:0 rbps=1' } }),
    ).toEqual([]);
    expect(properties({ unified: { 'memory.high': '8192' } })).toEqual([['MemoryHigh', 8192n]]);
  });
  it('leave what makes no sense to the kernel', () => {
    const unified = { 'cpu.max': 'no', 'cpuset.cpus': 'all', 'pids.max': '-1', 'memory.max': '64M' };
    expect(properties({ unified })).toEqual([]);
  });
});

describe('annotations', () => {
  const of = (name: string, text: string) => annotationProperties({ [`org.systemd.property.${name}`]: text })[0];

  it.each([
    ['CollectMode', "'inactive-or-failed'", 's', 'inactive-or-failed'],
    ['TimeoutStopUSec', 'uint64 123456789', 't', 123_456_789n],
    ['MemoryAccounting', 'true', 'b', true],
    ['After', "['a.service', \"b's.service\"]", 'as', ['a.service', "b's.service"]],
    ['After', '@as []', 'as', []],
    ['IOWeight', '-7', 'i', -7],
    ['LimitFoo', '0.5', 'd', 0.5],
    ['IODeviceWeight', "[('/dev/sda', uint64 500)]", 'a(st)', [['/dev/sda', 500n]]],
  ])('%s = %s', (name, text, signature, value) => {
    expect(of(name, text)).toEqual({ name, signature, value });
  });
  it('in seconds become microseconds', () => {
    expect(of('TimeoutStopSec', '10')).toEqual({ name: 'TimeoutStopUSec', signature: 't', value: 10_000_000n });
    expect(of('TimeoutStopSec', '1.5')).toMatchObject({ value: 1_500_000n });
    expect(() => of('TimeoutStopSec', "'soon'")).toThrow('is a number of seconds');
  });
  it('that are not about systemd are left alone', () => {
    expect(annotationProperties({ 'io.podman': 'x' })).toEqual([]);
  });
  it.each([
    ['x', '1'],
    ['PIDs', '[1]'],
    ['Delegate', 'false'],
    ['After', "['a'"],
    ['After', "'a"],
    ['After', 'uint64'],
    ['After', '1 2'],
    ['After', ''],
  ])('%s = %s is refused', (name, text) => {
    expect(() => of(name, text)).toThrow(RangeError);
  });
});
