/** That nothing comes of a registry for a while, in words. */
import type { ImageProgress } from '../image/progress.ts';

export type Wait = Extract<ImageProgress, { type: 'wait' | 'silent' }>;

export const isWait = (event: ImageProgress): event is Wait => event.type === 'wait' || event.type === 'silent';

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);

/** @example waitText(event) // '"registry.example" has not answered for 5 s; it has 25 s more' */
export const waitText = (wait: Wait): string =>
  wait.type === 'wait'
    ? `${wait.why}; again in ${(wait.milliseconds / 1000).toFixed(1)} s`
    : `"${wait.host}" has not answered for ${seconds(wait.milliseconds)} s; it has ${seconds(wait.left)} s more`;
