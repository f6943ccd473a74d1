/** `--health-cmd` and what goes with it: docker's flags, and podman's `--health-on-failure`. */
import { badValue, conflict } from './bad-value.ts';
import { durationMilliseconds } from './duration.ts';
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

/** 0 is what was not asked for, where it is too little. */
function parseDuration(text: string, least: number, name: string): number | null {
  const milliseconds = durationMilliseconds(text);
  if (milliseconds === null) throw badValue(name, text, 'it is no duration', 'write for example 30s, 1m30s or 500ms');
  if (milliseconds === 0) return least === 0 ? 0 : null;
  if (milliseconds >= least && milliseconds < 2 ** 31) return milliseconds;
  throw badValue(name, text, 'it is out of range', 'write a millisecond at least, three weeks at most');
}
