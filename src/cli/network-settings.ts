/** `NetworkSettings` of docker's `inspect`: what is true of the container while it runs. */
import { isUp, type KeptContainer } from '../container/kept/kept-container.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { containerSide, networkNames } from './published-ports.ts';

export function networkSettings(container: KeptContainer): Readonly<Record<string, unknown>> {
  const { state, endpoints } = container;
  const live = state.status === 'running' || state.status === 'paused' ? state.running : null;
  return {
    // Its network namespace; of the host's that of the host.
    SandboxKey: live === null ? '' : `/proc/${live.process.pid}/ns/net`,
    Ports: portsDocument(endpoints),
    Networks: Object.fromEntries(
      networkNames(container.kept.request).map((name) => [
        name,
        endpointDocument(
          endpoints.find(({ network }) => network === name),
          isUp(container),
        ),
      ]),
    ),
  };
}

/** `none` and `host` have no address of the container's: the loopback alone, or all that the host has. */
function endpointDocument(endpoint: Endpoint | undefined, connected: boolean): Readonly<Record<string, unknown>> {
  const { addresses = [], mac = '', aliases = [] } = endpoint ?? {};
  return {
    IPAddress: addresses.find((address) => !address.includes(':')) ?? '',
    GlobalIPv6Address: addresses.find((address) => address.includes(':')) ?? '',
    MacAddress: mac,
    Aliases: aliases.length === 0 ? null : aliases,
    Connected: connected,
  };
}

function portsDocument(endpoints: readonly Endpoint[]): Readonly<Record<string, unknown>> {
  const ports: Record<string, { readonly HostIp: string; readonly HostPort: string }[]> = {};
  for (const port of endpoints.flatMap(({ published }) => published)) {
    const side = containerSide(port);
    const binding = { HostIp: port.hostAddress ?? '0.0.0.0', HostPort: String(port.hostPort) };
    ports[side] = [...(ports[side] ?? []), binding];
  }
  return ports;
}
