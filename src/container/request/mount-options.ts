/** Mounts as the library takes them: docker's `--mount` string, or the same as an object. */
import { parseMountTarget } from './absolute-path.ts';
import type { OptionName } from './bad-value.ts';
import { parseMount } from './mount.ts';
import { parseVolumeName } from './names.ts';
import type { MountRequest } from './run-request.ts';
import { parseSubpath } from './subpath.ts';
import { tmpfsRequest } from './tmpfs.ts';

/** A file or directory of the host, shown inside the container. */
export interface BindMountOptions {
  /** Says which of the three it is. */
  readonly type: 'bind';
  /** A path on the host, absolute or relative to the working directory. It has to exist. */
  readonly source: string;
  /** An absolute path inside the container. */
  readonly target: string;
  /** Read-only, with everything mounted below it. Default: false. */
  readonly readOnly?: boolean;
  /** Whether later mounts on the host show up inside (`slave`) and the other way round (`shared`). Default: private. */
  readonly propagation?: 'private' | 'slave' | 'shared';
  /** Whether what is mounted below the source comes along. Default: true. */
  readonly recursive?: boolean;
}

/** A directory in memory. */
export interface TmpfsMountOptions {
  /** Says which of the three it is. */
  readonly type: 'tmpfs';
  /** An absolute path inside the container. */
  readonly target: string;
  /** Bytes, or a size such as `64m`. Default: half of the memory. */
  readonly size?: string | number;
  /** Permission bits, for example 0o700. Default: those of the directory that it covers, 0o1777 where there is none. */
  readonly mode?: number;
  /** Default: false. */
  readonly readOnly?: boolean;
  /** Whether programs in it may be executed. Default: false. */
  readonly exec?: boolean;
}

/** A volume: files that outlive the container. */
export interface VolumeMountOptions {
  /** Says which of the three it is. */
  readonly type: 'volume';
  /** Its name; it is made when there is none. Without a name: an anonymous one, removed with the container. */
  readonly source?: string;
  /** An absolute path inside the container. */
  readonly target: string;
  /** Default: false. */
  readonly readOnly?: boolean;
  /** Whether an empty volume gets what the image has there. Default: true. */
  readonly copy?: boolean;
  /** The part of the volume that is mounted: a relative path that is there already. Default: all of it. */
  readonly subpath?: string;
}

/** docker's `type=bind,source=...,target=...`, or an object. */
export type MountOption = string | BindMountOptions | TmpfsMountOptions | VolumeMountOptions;

/** @throws TsrunError USAGE */
export function parseMountOption(given: MountOption, cwd: string, name: OptionName): MountRequest {
  if (typeof given === 'string') return parseMount(given, cwd, name);
  if (given.type === 'tmpfs') {
    const words = [
      ...(given.size === undefined ? [] : [`size=${given.size}`]),
      ...(given.mode === undefined ? [] : [`mode=${given.mode.toString(8)}`]),
      ...(given.readOnly === true ? ['ro'] : []),
      ...(given.exec === true ? ['exec'] : []),
    ];
    return tmpfsRequest(parseMountTarget(given.target, given.target, name), words, given.target, name);
  }
  if (given.type === 'volume') {
    const { subpath: part } = given;
    const subpath = part === undefined ? '' : parseSubpath(part, part, name);
    return {
      type: 'volume',
      name: given.source === undefined ? null : parseVolumeName(given.source, given.source, name),
      target: parseMountTarget(given.target, given.target, name),
      access: given.readOnly === true ? 'ro' : 'rw',
      subpath,
      copyUp: subpath === '' && (given.copy ?? true),
      labels: {},
      driverOptions: {},
    };
  }
  const quoted = (key: string, value: string): string => `"${key}=${value.replaceAll('"', '""')}"`;
  const fields = [
    'type=bind',
    quoted('source', given.source),
    quoted('target', given.target),
    `readonly=${given.readOnly ?? false}`,
    `bind-propagation=r${given.propagation ?? 'private'}`,
    `bind-nonrecursive=${given.recursive === false}`,
  ];
  return parseMount(fields.join(','), cwd, name);
}
