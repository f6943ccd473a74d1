/** How a plugin is called: cni/SPEC.md, sections 2 and 3. Pure. */
import type { PublishedPort } from '../published-port.ts';
import type { CniConfiguration, CniPlugin } from './configuration.ts';

export type CniVerb = 'ADD' | 'DEL' | 'CHECK';

/** What is asked for of the place on the network, for the plugins that want to know. */
export interface CniWishes {
  readonly ips: readonly string[];
  readonly mac: string | null;
  readonly aliases: readonly string[];
  readonly ports: readonly PublishedPort[];
}

/** A container's place on a network of CNI. */
export interface CniAttachment {
  readonly configuration: CniConfiguration;
  readonly containerId: string;
  /** File of its network namespace. */
  readonly space: string;
  /** Inside. */
  readonly interfaceName: string;
  readonly wishes: CniWishes;
  /** Directories of plugins. */
  readonly directories: readonly string[];
}

/** `runtimeConfig` by the conventions of CNI, each field for whom it has a meaning. */
export function runtimeConfig({ ips, mac, aliases, ports }: CniWishes): Readonly<Record<string, unknown>> {
  return {
    ...(ips.length === 0 ? {} : { ips }),
    ...(mac === null ? {} : { mac }),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(ports.length === 0
      ? {}
      : {
          portMappings: ports.map(({ hostAddress, hostPort, containerPort, protocol }) => ({
            hostPort,
            containerPort,
            protocol,
            ...(hostAddress === null ? {} : { hostIP: hostAddress }),
          })),
        }),
  };
}

/** The capability that no plugin of the configuration has and that a wish needs; null: every wish is somebody's. */
export function missingCapability({ plugins }: CniConfiguration, wishes: CniWishes): string | null {
  const there = new Set(plugins.flatMap(({ capabilities }) => capabilities));
  return Object.keys(runtimeConfig(wishes)).find((key) => !there.has(key)) ?? null;
}

/** What the plugin reads, but for `prevResult`, which is the result of the one before. */
export function pluginConfiguration(
  { configuration, wishes }: CniAttachment,
  plugin: CniPlugin,
): Record<string, unknown> {
  const { name, version } = configuration;
  const all = runtimeConfig(wishes);
  const told = Object.entries(all).filter(([key]) => plugin.capabilities.includes(key));
  return {
    ...plugin.fields,
    cniVersion: version,
    name,
    ...(told.length === 0 ? {} : { runtimeConfig: Object.fromEntries(told) }),
  };
}

/** @param space '': the namespace has gone */
export const pluginEnvironment = (
  { containerId, interfaceName, directories }: CniAttachment,
  space: string,
): Readonly<Record<string, string>> => ({
  CNI_CONTAINERID: containerId,
  CNI_NETNS: space,
  CNI_IFNAME: interfaceName,
  CNI_PATH: directories.join(':'),
});
