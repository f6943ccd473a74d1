/** What the monitor sets on the waiting child. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciProcess } from '../oci/config.ts';
import type { PlanInput } from './build-plan.ts';
import { limitSteps } from './limits.ts';
import type {
  Anchor,
  Demand,
  Forward,
  IdMap,
  Macvlan,
  NetDevice,
  ParentStep,
  Pasta,
  Plan,
  Step,
  Veth,
} from './plan.ts';

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
export function withNetworks({ version, steps }: Plan, networks: readonly (Veth | Macvlan | Pasta | Forward)[]): Plan {
  const at = steps.findLastIndex(({ kind }) => beforeNetworks.has(kind)) + 1;
  return { version, steps: [...steps.slice(0, at), ...networks, ...steps.slice(at)] };
}

/** The namespaces of an ordinary user's networks, and who the ids in there are outside. */
export interface AnchorPlace extends Omit<Anchor, 'kind'> {
  readonly uids: readonly IdMap[];
  readonly gids: readonly IdMap[];
}

/** The same container, with a user namespace below that of the anchor. Its ids are the same outside. */
export function withAnchor({ version, steps }: Plan, { users, network, uids, gids }: AnchorPlace): Plan {
  return {
    version,
    steps: steps.flatMap((step): readonly Step[] => {
      if (step.kind === 'clone') return [{ kind: 'anchor', users, network }, step];
      if (step.kind !== 'id-map') return [step];
      return [{ ...step, uids: mapsBelow(step.uids, uids), gids: mapsBelow(step.gids, gids), writer: 'direct' }];
    }),
  };
}

/**
 * The same ids, as a user namespace in between names them.
 *
 * @example mapsBelow([{ container: 0, host: 100001, size: 10 }], [{ container: 1, host: 100000, size: 65536 }]) // container 0 is 2
 * @throws TsrunError HOST_UNSUPPORTED when it does not have them all
 */
export function mapsBelow(maps: readonly IdMap[], between: readonly IdMap[]): readonly IdMap[] {
  return maps.flatMap((map) => {
    const parts = between
      .map((part) => {
        const first = Math.max(map.host, part.host);
        const end = Math.min(map.host + map.size, part.host + part.size);
        const container = map.container + first - map.host;
        return { container, host: part.container + first - part.host, size: end - first };
      })
      .filter(({ size }) => size > 0);
    if (parts.reduce((sum, { size }) => sum + size, 0) === map.size) return parts;
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot give the container its user ids on this network', {
      why: 'your subordinate ids have changed since the first of the containers that use your networks was started',
      hint: 'stop those first: tsrun network ls, tsrun ps',
    });
  });
}
