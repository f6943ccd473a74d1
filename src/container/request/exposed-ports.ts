/** `--expose` and `-P`: ports that a container says it listens at, and each of them published. */
import type { ImageConfig } from '../../image/image.ts';
import type { Protocol } from '../../network/published-port.ts';
import { badValue, type OptionName } from './bad-value.ts';
import type { RunRequest } from './run-request.ts';

export interface ExposedPort {
  readonly port: number;
  readonly protocol: Protocol;
}

/**
 * `PORT[-PORT][/PROTOCOL]`.
 *
 * @example parseExpose('8000-8001/udp', '--expose') // [{ port: 8000, protocol: 'udp' }, { port: 8001, protocol: 'udp' }]
 * @throws TsrunError USAGE
 */
export function parseExpose(value: string, name: OptionName): readonly ExposedPort[] {
  const ports = portsOf(value);
  if (ports.length > 0) return ports;
  throw badValue(name, value, 'it is no port or range of ports', 'write for example 80, 53/udp or 8000-8010');
}

/** None: it is no port. What an image says is its author's word. */
function portsOf(text: string): readonly ExposedPort[] {
  const [, from, to = from, word = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first < 1 || last > 65535 || last < first) return [];
  const protocol = word.toLowerCase() as Protocol;
  return Array.from({ length: last - first + 1 }, (_, index) => ({ port: first + index, protocol }));
}

/** As inspect and images have them. */
export const exposedText = ({ port, protocol }: ExposedPort): string => `${port}/${protocol}`;

/** With `-P` every port that the image or the request exposes is published at a free one, but for those that are published already. */
export function publishExposed(request: RunRequest, image: Pick<ImageConfig, 'exposedPorts'>): RunRequest {
  if (!request.publishAll) return request;
  const published = new Set(
    request.publish.map(({ containerPort: port, protocol }) => exposedText({ port, protocol })),
  );
  const exposed = [...image.exposedPorts.flatMap(portsOf), ...request.expose];
  const missing = new Map(
    exposed.filter((port) => !published.has(exposedText(port))).map((port) => [exposedText(port), port]),
  );
  const more = [...missing.values()].map(({ port: containerPort, protocol }) => ({
    protocol,
    hostAddress: null,
    hostPort: null,
    containerPort,
  }));
  return { ...request, publish: [...request.publish, ...more] };
}
