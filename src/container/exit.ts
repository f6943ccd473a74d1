/** How a container ended. */
import { signalName } from '../oci/signals.ts';

/** How a command ended. */
export interface ContainerExit {
  /** The command's status, or 128 + n after signal n. */
  readonly exitCode: number;
  /** For example `SIGKILL`; null: it exited by itself. */
  readonly signal: string | null;
}

/** Reads a wait status, wait(2). */
export function exitOf(waitStatus: number): ContainerExit {
  const signal = waitStatus & 0x7f;
  if (signal === 0) return { exitCode: (waitStatus >> 8) & 0xff, signal: null };
  return { exitCode: 128 + signal, signal: signalName(signal) };
}
