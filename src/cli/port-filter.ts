/** Ports in `--filter expose=PORT`: docker's `80`, `80/udp`, `8000-8080/tcp`. */
import { badValue } from '../container/request/bad-value.ts';
import type { Paths } from '../host/paths.ts';
import type { Digest } from '../image/image.ts';
import { readImageRecord } from '../image/store/image-record.ts';
import { storeLayout } from '../image/store/layout.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly protocol: string;
}

/**
 * @example parsePorts('expose', '8000-8080/udp') // { first: 8000, last: 8080, protocol: 'udp' }
 * @throws TsrunError USAGE
 */
export function parsePorts(key: string, value: string): PortRange {
  const [, first = '', last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(value) ?? [];
  const range = { first: Number(first), last: Number(last), protocol };
  if (first === '' || range.first < 1 || range.first > range.last || range.last > 65_535) {
    throw badValue(
      '--filter',
      `${key}=${value}`,
      'these are no ports',
      `write for example ${key}=8080 or ${key}=53/udp`,
    );
  }
  return range;
}

/** Whether an image has an EXPOSE for one of them; of a directory (null) nothing is known. */
export function exposesPort(paths: Paths, image: string | null, wanted: PortRange): boolean {
  const record = image === null ? null : readImageRecord(storeLayout(paths), image as Digest);
  return (record?.config.exposedPorts ?? []).some((text) => {
    const { first, last, protocol } = exposed(text);
    return protocol === wanted.protocol && first <= wanted.last && wanted.first <= last;
  });
}

/** What an image says is its author's word: what is no port matches none. */
function exposed(text: string): PortRange {
  const [ports = '', protocol = 'tcp'] = text.split('/');
  const [first = Number.NaN, last = first] = ports.split('-').map(Number);
  return { first, last, protocol };
}
