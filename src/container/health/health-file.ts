/** The file `health` in the directory of a container that is looked after: native/monitor/probe.cc writes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../state/oci-directory.ts';

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

export interface Health {
  readonly status: HealthStatus;
  /** Failures in a row. */
  readonly streak: number;
  /** The last five, the oldest first. */
  readonly log: readonly HealthResult[];
}

export interface HealthResult {
  /** RFC 3339 with nanoseconds. */
  readonly start: string;
  readonly end: string;
  /** -1: it could not be started, or took too long. */
  readonly exitCode: number;
  /** 4096 bytes at most. */
  readonly output: string;
}

export const healthFile = 'health';

export const writeFirstHealth = (directory: string): void =>
  writeWhole(join(directory, healthFile), 'tsrun-health 1\nstatus starting\nstreak 0\n', 0o600);

/** null: nobody looks, or what is there is not whole. */
export function readHealth(directory: string): Health | null {
  try {
    return parseHealth(readFileSync(join(directory, healthFile)));
  } catch {
    return null;
  }
}

/** null: it is not whole. */
export function parseHealth(bytes: Buffer): Health | null {
  const head = /^tsrun-health 1\nstatus (starting|healthy|unhealthy)\nstreak (\d+)\n/.exec(
    bytes.toString('latin1', 0, 80),
  );
  if (head === null) return null;
  const [all, status, streak] = head;
  return { status: status as HealthStatus, streak: Number(streak), log: resultsOf(bytes.subarray(all.length)) };
}

function resultsOf(bytes: Buffer): readonly HealthResult[] {
  const log: HealthResult[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    const line = /^probe (\S+) (\S+) (-?\d+) (\d+)$/.exec(bytes.toString('latin1', at, end));
    if (end === -1 || line === null) break;
    const [, start = '', finish = '', exitCode, size] = line;
    const from = end + 1;
    at = from + Number(size) + 1;
    log.push({ start, end: finish, exitCode: Number(exitCode), output: bytes.toString('utf8', from, at - 1) });
  }
  return log;
}
