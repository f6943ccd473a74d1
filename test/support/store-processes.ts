/** Who works in a store at this moment: what a command that was killed has left to end in its own time. */
import { readdirSync, readlinkSync } from 'node:fs';

/** Processes that hold a lock or a file of this store open: monitors, workbenches, and containers in the making. */
export const processesIn = (store: string): readonly string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && filesOf(name).some((file) => file.startsWith(store)));

/** Resolves when there are none: what was killed is dead, and so is what was to die with it. */
export async function untilNobodyIn(store: string): Promise<void> {
  while (processesIn(store).length > 0) await new Promise((resolve) => setImmediate(resolve));
}

function filesOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    // Gone meanwhile, or somebody else's.
    return [];
  }
}
