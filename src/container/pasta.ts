/** `--network pasta`: an ordinary user's container reaches out, and is reached, by sockets of that user: pasta(1). */
import { existsSync, fstatSync, readSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { findProgram } from '../host/privileges.ts';
import { type Holder, writeEndpoints } from '../network/endpoint-file.ts';
import type { NetworkName } from '../network/network-record.ts';
import type { PublishRequest } from '../network/publish-request.ts';
import type { PublishedPort } from '../network/published-port.ts';
import { withNetworks } from '../plan/parent.ts';
import type { Demand, Pasta } from '../plan/plan.ts';
import type { Prepared } from './prepare.ts';
import type { PastaRequest } from './request/run-request.ts';

/**
 * @param notice hears why there is none, where nobody asked for it
 * @returns its plan, with the step for that
 * @throws TsrunError HOST_UNSUPPORTED, PORT_IN_USE
 */
export async function connectByPasta(
  holder: Holder,
  prepared: Prepared,
  request: PastaRequest,
  publish: readonly PublishRequest[],
  notice: (line: string) => void,
): Promise<Prepared> {
  try {
    const { steps, published } = await planPasta(request, publish);
    if (published.length > 0) {
      writeEndpoints(holder, [
        { network: pasta, addresses: [], mac: '', interfaceName: '', hostName: '', aliases: [], published },
      ]);
    }
    return { ...prepared, plan: withNetworks(prepared.plan, steps) };
  } catch (error) {
    if (request.demand === 'required' || !(error instanceof TsrunError) || error.code !== 'HOST_UNSUPPORTED')
      throw error;
    notice(`the container has no network, as with --network none: ${error.why}: ${error.hint}`);
    return prepared;
  }
}

/** As `ps` and `port` know it. */
const pasta = 'pasta' as NetworkName;

/** @throws TsrunError as {@link connectByPasta} */
export async function planPasta(
  { demand }: PastaRequest,
  publish: readonly PublishRequest[],
): Promise<{ readonly steps: readonly Pasta[]; readonly published: readonly PublishedPort[] }> {
  const program = findPasta();
  // Loaded here: sockets of Node take milliseconds to load, and few containers have ports.
  const published =
    publish.length === 0
      ? []
      : await (await import('../network/publish.ts')).choosePorts(publish, 'by-socket', () => null);
  return { steps: [pastaStep(program, published, [], demand)], published };
}

/** @throws TsrunError HOST_UNSUPPORTED */
export function findPasta(): string {
  const program = findProgram('pasta', process.env['PATH']);
  const missing = whyNot(program);
  if (missing === null && program !== null) return program;
  throw new TsrunError('HOST_UNSUPPORTED', 'cannot connect the container by pasta', missing ?? {});
}

/** Beside the interfaces of networks, of which the first is called eth0. */
export const pastaInterface = 'out0';
export const besideNetworks: readonly string[] = ['--ns-ifname', pastaInterface];

export function pastaStep(
  program: string,
  published: readonly PublishedPort[],
  more: readonly string[],
  demand: Demand,
): Pasta {
  const flags = (protocol: 'tcp' | 'udp', flag: string): readonly string[] => {
    const words = published
      .filter((port) => port.protocol === protocol)
      .flatMap(({ hostAddress, hostPort, containerPort }) => [
        flag,
        `${hostAddress === null ? '' : `${hostAddress}/`}${hostPort}:${containerPort}`,
      ]);
    return words.length > 0 ? words : [flag, 'none'];
  };
  const argv = [
    'pasta',
    '--config-net',
    '--quiet',
    ...more,
    // Neither the gateway's address nor ports inside lead to the loopback of the host.
    '--no-map-gw',
    ...flags('tcp', '-t'),
    ...flags('udp', '-u'),
    ...['-T', 'none', '-U', 'none'],
    ...['--netns-only', '--netns'],
  ];
  return { kind: 'pasta', program, argv, demand };
}

function whyNot(program: string | null): { readonly why: string; readonly hint: string } | null {
  if (process.geteuid?.() === 0) {
    return { why: 'it is for ordinary users, who may make no bridges', hint: 'as root use --network bridge' };
  }
  if (program === null) return { why: 'pasta is not installed', hint: 'sudo apt-get install passt' };
  if (existsSync('/dev/net/tun')) return null;
  return { why: 'there is no /dev/net/tun, from which it takes what the container sends', hint: 'sudo modprobe tun' };
}

const most = 4096;

/** The error of a pasta that was started and failed. @param said descriptor of what it printed; -1: none came */
export function pastaError(status: number, said: number): TsrunError {
  const text = textOf(said);
  // It serves IPv6 where it finds a default route for it, and says in another line than the last that it does not.
  const noRoute = /No external routable interface for IPv6/.test(text) && /bind .*::/.test(text);
  return new TsrunError('STEP_FAILED', 'cannot connect the container by pasta', {
    why: noRoute
      ? 'it finds no default route of IPv6 on this machine, and listens at no IPv6 address then'
      : wordsOf(status, text),
    hint: noRoute ? 'publish the port at 127.0.0.1' : 'start it without: --network none',
  });
}

export function pastaWords(status: number, said: number): string {
  return wordsOf(status, textOf(said));
}

function wordsOf(status: number, text: string): string {
  const lines = text
    .split('\n')
    // Each begins with the seconds since it was started, or since 1970.
    .map((line) => line.replace(/^\d+\.\d+: /, ''))
    // It has tried a log that is not there.
    .filter((line) => line !== '' && !/syslog/.test(line));
  return lines.at(-1) ?? (status === 127 ? 'it cannot be executed' : `it ended with status ${status}`);
}

function textOf(fd: number): string {
  if (fd < 0) return '';
  const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, most));
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0)).replace(/[^\n\x20-\x7e]/g, '?');
}
