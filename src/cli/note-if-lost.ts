/** What a command that has followed a container says of an end that nobody saw. */
import { type KeptContainer, readKept } from '../container/kept/kept-container.ts';
import type { KeptEnd } from '../container/kept/monitor-files.ts';
import type { Paths } from '../host/paths.ts';
import { note } from './output.ts';

export function noteIfLost(paths: Paths, { id, name }: KeptContainer): void {
  const state = readKept(paths, id)?.state;
  if (state?.status === 'exited') noteLost(state.end, name);
}

export function noteLost(end: KeptEnd, name: string): void {
  if (end.type === 'lost') note(`tsrun: nobody saw how ${name} ended: its monitor was killed`);
}
