/**
 * `restart`, `stopped` and `restarting`: what the directory of a kept container says about starting it again, for its monitor
 * (native/monitor/restart.cc) and from it. Text, one key and its value a line, as in monitor-files.ts.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId } from '../../host/boot-id.ts';
import { signalName } from '../../oci/signals.ts';
import type { RestartPolicy } from '../request/restart.ts';
import { writeTogether, writeWhole } from '../state/oci-directory.ts';
import { isProcess, linesOf, type ProcessIdentity } from './monitor-files.ts';

const policyFile = 'restart';
const stoppedFile = 'stopped';
export const restartingFile = 'restarting';
const errorFile = 'restart-error';

/**
 * For the monitor, together with what else says the same. A container that is not to be started again has no such file.
 *
 * @param others files by their paths
 */
export function writePolicy(
  directory: string,
  policy: RestartPolicy,
  others: readonly { readonly path: string; readonly text: string }[] = [],
): void {
  const path = join(directory, policyFile);
  const maximum = policy.name === 'on-failure' ? policy.maximum : 0;
  const text = `tsrun-restart 1\npolicy ${policy.name}\nmaximum ${maximum}\nend\n`;
  writeTogether(policy.name === 'no' ? others : [...others, { path, text }], 0o600);
  if (policy.name === 'no') rmSync(path, { force: true });
}

/** Before it is told to end: who sees the end sees why, and leaves it so. */
export function markStopped(directory: string, signal: number): void {
  const text = `tsrun-stopped 1\nsignal ${signalName(signal)}\ntime ${new Date().toISOString()}\nend\n`;
  try {
    writeWhole(join(directory, stoppedFile), text, 0o600);
  } catch (error) {
    // It is being removed, or by two at once, or the disk is full.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    writeFileSync(join(directory, stoppedFile), '');
  }
}

/** Whether somebody of ours ended it, since it was last started by hand. */
export const wasStopped = (directory: string): boolean => existsSync(join(directory, stoppedFile));

export interface RestartingFile {
  /** How often it was started again by its policy. */
  readonly count: number;
  /** Who waits to do it: the monitor, and then the command that it becomes. */
  readonly waiting: ProcessIdentity;
  readonly boot: string;
}

export function readRestarting(directory: string): RestartingFile | null {
  const keys = ['count', 'delay', 'monitor', 'monitor-start-time', 'boot'];
  const lines = linesOf(`${directory}/${restartingFile}`, 'tsrun-restarting 1', keys);
  if (lines === null) return null;
  const [count = '', , pid = '', startTime = '', boot = ''] = lines;
  return { count: Number(count), waiting: { pid: Number(pid), startTime: Number(startTime) }, boot };
}

export const isAboutToStart = ({ waiting, boot }: RestartingFile): boolean => boot === bootId() && isProcess(waiting);

/** Nothing of earlier lives counts for one that a person starts. */
export function forgetRestarts(directory: string): void {
  for (const name of [stoppedFile, restartingFile, errorFile]) rmSync(join(directory, name), { force: true });
}

/** Why it could not be started again, for `inspect`; '': it could. */
export const writeRestartError = (directory: string, text: string): void =>
  writeFileSync(join(directory, errorFile), text, { mode: 0o600 });

export function readRestartError(directory: string): string {
  try {
    return readFileSync(join(directory, errorFile), 'utf8');
  } catch {
    return '';
  }
}
