/** What is checked, how often, and what becomes of it: from what was asked for and what the image says. Pure. */
import type { ImageConfig } from '../../image/image.ts';
import type { HealthRequest } from '../request/health.ts';

/** Times are whole milliseconds. */
export interface HealthCheck {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly onFailure: HealthRequest['onFailure'];
}

/** null: none. */
export function healthCheck(
  request: HealthRequest,
  { healthcheck: image = null, shell = [] }: ImageConfig,
): HealthCheck | null {
  const command = commandOf(request, image?.test ?? [], shell.length > 0 ? shell : ['/bin/sh', '-c']);
  if (command === null) return null;
  /** docker's: 0 in an image is what it did not say. */
  const time = (asked: number | null, ofImage: number | undefined, missing: number): number =>
    Math.round(asked ?? (ofImage || missing));
  return {
    command,
    interval: time(request.interval, image?.interval, 30_000),
    timeout: time(request.timeout, image?.timeout, 30_000),
    retries: request.retries ?? (image?.retries || 3),
    startPeriod: time(request.startPeriod, image?.startPeriod, 0),
    startInterval: time(request.startInterval, image?.startInterval, 5000),
    onFailure: request.onFailure,
  };
}

function commandOf(
  { command }: HealthRequest,
  [kind, ...words]: readonly string[],
  shell: readonly string[],
): readonly string[] | null {
  if (command === 'none') return null;
  if (command !== 'image') return [...shell, command.line];
  if (kind === 'CMD' && words.length > 0) return words;
  return kind === 'CMD-SHELL' && words.length > 0 ? [...shell, words.join(' ')] : null;
}
