/** What config.json is made from. */
import type { ImageConfig } from '../../image/image.ts';
import type { HostFacts, UserNamespace } from '../../plan/host-facts.ts';
import type { IdMap } from '../../plan/plan.ts';
import type { ContainerId, RunRequest } from '../request/run-request.ts';

/** A device node of the host. */
export interface HostDevice {
  /** Path on the host. */
  readonly path: string;
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** More facts about this machine; made by `readMachine`. */
export interface Machine {
  /** process.arch. */
  readonly architecture: string;
  readonly hostname: string;
  /** CapBnd of /proc/self/status. */
  readonly boundingSet: bigint;
  /** The groups of the user namespace that this process is in: /proc/self/gid_map. */
  readonly groups: readonly IdMap[];
  /** The nodes that the request names (those of directories too), and with `--privileged` all of /dev. */
  readonly devices: readonly HostDevice[];
  /** What tells how hot each processor is; see thermal-paths.ts. */
  readonly thermalPaths: readonly string[];
}

export interface ConfigInput {
  readonly request: RunRequest;
  readonly image: ImageConfig;
  readonly id: ContainerId;
  readonly host: HostFacts;
  readonly machine: Machine;
  readonly userns: UserNamespace;
  /** Absolute paths of the generated files; see network-files.ts for their text. */
  readonly files: { readonly hosts: string; readonly hostname: string; readonly resolvConf: string };
}
