/** Who executes the command, and what file permissions let them do: path_resolution(7), capabilities(7). */
import { capabilityMask } from '../../oci/capabilities.ts';
import type { FileStat } from './root-files.ts';

export interface Executor {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Capability bits in effect while the kernel looks for the file. */
  readonly effective: bigint;
  /** Bits that file capabilities may give. */
  readonly bounding: bigint;
}

const override = capabilityMask(['CAP_DAC_OVERRIDE']);
const search = capabilityMask(['CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH']);

/** Whether the executor may look up names in this directory. */
export const maySearch = (who: Executor, directory: FileStat): boolean =>
  permits(who, directory) || overrules(who, directory, search);

/** Whether the executor may execute this file. Not even CAP_DAC_OVERRIDE executes what nobody may. */
export const mayExecute = (who: Executor, file: FileStat): boolean =>
  permits(who, file) || ((file.mode & 0o111) !== 0 && overrules(who, file, override));

/** The one class of permission bits that counts: owner, else group, else others. */
function permits(who: Executor, { mode, uid, gid }: FileStat): boolean {
  if (uid === who.uid) return (mode & 0o100) !== 0;
  if (gid !== null && (gid === who.gid || who.groups.includes(gid))) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** Capabilities of a user namespace do not reach files whose owner it does not map. */
const overrules = (who: Executor, { uid, gid }: FileStat, capabilities: bigint): boolean =>
  uid !== null && gid !== null && (who.effective & capabilities) !== 0n;

/** For example `uid 1000`. */
export const executorText = (who: Executor): string => (who.uid === 0 ? 'root' : `uid ${who.uid}`);
