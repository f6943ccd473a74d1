/** What the monitor sets on the waiting child. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciProcess } from '../oci/config.ts';
import type { PlanInput } from './build-plan.ts';
import { limitSteps } from './limits.ts';
import type { Demand, Forward, NetDevice, ParentStep, Pasta, Plan, Step, Veth } from './plan.ts';

export function parentSteps(input: PlanInput): readonly ParentStep[] {
  const { userns, config, demand } = input;
  return [
    ...(userns.type === 'new'
      ? [{ kind: 'id-map', uids: userns.uids, gids: userns.gids, writer: userns.writer } as const]
      : []),
    ...netDeviceSteps(input),
    ...processSteps(config.process, demand),
  ];
}

/** @throws TsrunError HOST_UNSUPPORTED for an ordinary user: the host's interfaces are root's */
function netDeviceSteps({ config, host }: PlanInput): readonly NetDevice[] {
  const devices = Object.entries(config.linux?.netDevices ?? {});
  if (devices.length > 0 && host.privilege.type === 'rootless') {
    throw new TsrunError(
      'HOST_UNSUPPORTED',
      `cannot use linux.netDevices: ${devices.map(([name]) => name).join(', ')}`,
      {
        why: 'only root may move an interface out of the network namespace of the host',
        hint: 'run as root, or leave linux.netDevices out',
      },
    );
  }
  return devices.map(([device, { name = '' }]) => ({ kind: 'net-device', device, name: name === '' ? device : name }));
}

/** Room for resource limits, and the OOM score. */
export function processSteps(process: OciProcess | undefined, demand: Demand): readonly ParentStep[] {
  const score = process?.oomScoreAdj;
  return [
    ...limitSteps(process, demand).map((limit) => ({ ...limit, kind: 'raise-rlimit' }) as const),
    // Zero is what a container has anyway, unless the launcher itself runs with another score that it may not lower.
    ...(score === undefined
      ? []
      : [{ kind: 'oom-score-adj', value: score, demand: score === 0 ? 'best-effort' : demand } as const]),
  ];
}

const beforeNetworks: ReadonlySet<Step['kind']> = new Set(['clone', 'cgroup-attach', 'id-map', 'net-device']);

/** The same container, connected: right after its process and what root of its namespace may be are there. */
export function withNetworks({ version, steps }: Plan, networks: readonly (Veth | Pasta | Forward)[]): Plan {
  const at = steps.findLastIndex(({ kind }) => beforeNetworks.has(kind)) + 1;
  return { version, steps: [...steps.slice(0, at), ...networks, ...steps.slice(at)] };
}
