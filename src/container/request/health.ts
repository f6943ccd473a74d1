/** `--health-cmd` and what goes with it: docker's flags, and podman's `--health-on-failure`. */
import { badValue, conflict } from './bad-value.ts';
import { parseInteger } from './integer.ts';
import { parseOneOf } from './one-of.ts';
import type { HealthOptions } from './run-options.ts';

/** What was asked for; null and `image`: what the image says. Milliseconds. */
export interface HealthRequest {
  readonly command: 'image' | 'none' | { readonly line: string };
  readonly interval: number | null;
  readonly timeout: number | null;
  readonly retries: number | null;
  readonly startPeriod: number | null;
  readonly startInterval: number | null;
  readonly onFailure: 'none' | 'kill' | 'restart';
}

/** @throws TsrunError USAGE */
export function parseHealth(options: HealthOptions, spell: (option: keyof HealthOptions) => string): HealthRequest {
  const duration = (key: keyof HealthOptions, least: number): number | null => {
    const given = options[key];
    return given === undefined || given === '' ? null : parseDuration(String(given), least, spell(key));
  };
  const { healthCmd, healthRetries, healthOnFailure, noHealthcheck = false } = options;
  const request: HealthRequest = {
    command: noHealthcheck || healthCmd === 'none' ? 'none' : healthCmd ? { line: healthCmd } : 'image',
    // docker's least, which is also what keeps a monitor from doing nothing else.
    interval: duration('healthInterval', 1),
    timeout: duration('healthTimeout', 1),
    retries:
      healthRetries === undefined
        ? null
        : parseInteger(healthRetries, { least: 0, most: 1_000_000, unit: '' }, spell('healthRetries')) || null,
    startPeriod: duration('healthStartPeriod', 0),
    startInterval: duration('healthStartInterval', 1),
    onFailure:
      healthOnFailure === undefined
        ? 'none'
        : parseOneOf(healthOnFailure, ['none', 'kill', 'restart'], spell('healthOnFailure')),
  };
  const others = [healthCmd, options.healthInterval, options.healthTimeout, healthRetries, options.healthStartPeriod];
  if (noHealthcheck && others.some((given) => given !== undefined)) {
    throw conflict(
      `${spell('noHealthcheck')} contradicts the other options of a health check`,
      'they say how one is made',
      'leave one of them out',
    );
  }
  return request;
}

const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** Go's durations, as docker takes them: `30s`, `1m30s`, `500ms`; 0 needs no unit, and is what was not asked for. */
function parseDuration(text: string, least: number, name: string): number | null {
  if (text === '0') return least === 0 ? 0 : null;
  if (!/^(\d+(\.\d+)?(h|ms|us|µs|ns|m|s))+$/.test(text)) {
    throw badValue(name, text, 'it is no duration', 'write for example 30s, 1m30s or 500ms');
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g)];
  const milliseconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
  if (milliseconds === 0) return least === 0 ? 0 : null;
  if (milliseconds >= least && milliseconds < 2 ** 31) return milliseconds;
  throw badValue(name, text, 'it is out of range', 'write a millisecond at least, three weeks at most');
}
