/** `NetworkSettings` of docker's `inspect`: what is true of a container without a bridge. */
import { isUp, type KeptContainer } from '../container/kept/kept-container.ts';

export function networkSettings(container: KeptContainer): Readonly<Record<string, unknown>> {
  const { kept, state } = container;
  const live = state.status === 'running' || state.status === 'paused' ? state.running : null;
  return {
    // Its network namespace; of the host's that of the host.
    SandboxKey: live === null ? '' : `/proc/${live.process.pid}/ns/net`,
    Ports: {},
    Networks: {
      [kept.request.network]: {
        // The loopback alone, or all that the host has.
        IPAddress: '',
        Gateway: '',
        MacAddress: '',
        Aliases: null,
        Connected: isUp(container),
      },
    },
  };
}
