/** Flags of `docker run` that are recognised, to say what to do without them. */

const refused = (why: string, hint: string): { why: string; hint: string } => ({ why, hint });
const daemon = refused('it is about a daemon, and tsrun has none', 'leave it out');
const link = refused(
  'names are those of a network',
  'put both on one: tsrun network create, --network, --network-alias',
);
const v1 = refused('it belongs to control groups of version 1, which tsrun does not use', 'leave it out');

export const unsupportedRunFlags: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  link: link,
  'link-local-ip': link,
  'volume-driver': refused('the only driver is "local"', 'leave it out'),
  'storage-opt': daemon,
  runtime: daemon,
  isolation: daemon,
  'use-api-socket': daemon,
  'disable-content-trust': daemon,
  attach: refused('standard output and error are always attached', 'use -i for standard input, and leave --attach out'),
  gpus: refused('the Container Device Interface is not built', 'name the devices: --device /dev/...'),
  'kernel-memory': v1,
  'memory-swappiness': v1,
  'oom-kill-disable': v1,
  'cpu-rt-period': v1,
  'cpu-rt-runtime': v1,
  'blkio-weight-device': refused(
    'weights per device are not built',
    'use --blkio-weight, or --cgroup-conf io.weight=...',
  ),
};

export const unsupportedRunLetters: Readonly<Record<string, string>> = { a: 'attach' };
