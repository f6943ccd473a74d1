import { describe, expect, test } from 'vitest';
import { parseImageConfig } from '../../image/document/image-config.ts';
import { parseHealth } from '../request/health.ts';
import type { HealthOptions } from '../request/run-options.ts';
import { healthCheck } from './health-check.ts';

const imageWith = (execution: object) =>
  parseImageConfig(Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [] }, config: execution }))).config;
const asked = (options: HealthOptions) => parseHealth(options, (option) => `--${option}`);
const seconds = (number: number): number => number * 1e9;

const defaults = {
  interval: 30_000,
  timeout: 30_000,
  retries: 3,
  startPeriod: 0,
  startInterval: 5000,
  onFailure: 'none',
};

describe("an image's HEALTHCHECK", () => {
  test('is a command with its times, nanoseconds in the image', () => {
    const Healthcheck = { Test: ['CMD', 'curl', '-f'], Interval: seconds(5), Timeout: seconds(0.25), Retries: 7 };
    expect(healthCheck(asked({}), imageWith({ Healthcheck }))).toEqual({
      ...defaults,
      command: ['curl', '-f'],
      interval: 5000,
      timeout: 250,
      retries: 7,
    });
  });

  test("is a line for the image's shell", () => {
    const Healthcheck = { Test: ['CMD-SHELL', 'curl || exit 1'] };
    expect(healthCheck(asked({}), imageWith({ Healthcheck }))?.command).toEqual(['/bin/sh', '-c', 'curl || exit 1']);
    const Shell = ['/bin/ash', '-e', '-c'];
    expect(healthCheck(asked({}), imageWith({ Healthcheck, Shell }))?.command).toEqual([...Shell, 'curl || exit 1']);
  });

  test('is switched off by the image and by the person', () => {
    expect(healthCheck(asked({}), imageWith({ Healthcheck: { Test: ['NONE'] } }))).toBe(null);
    const config = imageWith({ Healthcheck: { Test: ['CMD', 'true'] } });
    expect(healthCheck(asked({ noHealthcheck: true }), config)).toBe(null);
    expect(healthCheck(asked({ healthCmd: 'none' }), config)).toBe(null);
    expect(healthCheck(asked({}), imageWith({}))).toBe(null);
  });

  test('keeps what the person does not say, and loses what they say', () => {
    const config = imageWith({ Healthcheck: { Test: ['CMD', 'true'], Interval: seconds(5), StartPeriod: seconds(9) } });
    const options = { healthInterval: '1m30s', healthRetries: 1, healthOnFailure: 'kill' };
    expect(healthCheck(asked(options), config)).toEqual({
      ...defaults,
      command: ['true'],
      interval: 90_000,
      retries: 1,
      startPeriod: 9000,
      onFailure: 'kill',
    });
  });

  test('that is none is refused', () => {
    expect(() => imageWith({ Healthcheck: { Test: 'CMD' } })).toThrow();
    expect(() => imageWith({ Healthcheck: { Test: ['CMD'], Interval: -1 } })).toThrow();
  });
});

test('durations are those of Go', () => {
  expect(asked({ healthInterval: '1h1m1.5s' }).interval).toBe(3_661_500);
  expect(asked({ healthInterval: '0' }).interval).toBe(null);
  for (const wrong of ['5', '-1s', '1d', '1us']) expect(() => asked({ healthInterval: wrong })).toThrow();
});
