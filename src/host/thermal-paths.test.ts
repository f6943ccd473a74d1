import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { thermalPaths } from './thermal-paths.ts';

const system = mkdtempSync(join(tmpdir(), 'tsrun-test-cpu-'));
afterEach(() => rmSync(system, { recursive: true }));

test('names the counters of every processor that has some', () => {
  expect(thermalPaths(system)).toEqual([]);
  for (const name of ['cpu0/thermal_throttle', 'cpu11/thermal_throttle', 'cpu2', 'cpufreq/thermal_throttle']) {
    mkdirSync(join(system, name), { recursive: true });
  }
  expect([...thermalPaths(system)].sort()).toEqual([
    `${system}/cpu0/thermal_throttle`,
    `${system}/cpu11/thermal_throttle`,
  ]);
});
