/** Where the host's CNI configurations are, and its plugins. */
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import {
  type CniConfiguration,
  type CniPlugin,
  type ParsedConfiguration,
  parseConfiguration,
} from './configuration.ts';

/** Directories of a host, as libcni's own tool knows them: NETCONFPATH, and CNI_PATH with colons between. */
export interface CniPlaces {
  readonly configurations: string;
  readonly plugins: readonly string[];
}

export function cniPlaces(env: Readonly<Record<string, string | undefined>>): CniPlaces {
  const plugins = (env['CNI_PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'));
  return {
    configurations: env['NETCONFPATH'] || '/etc/cni/net.d',
    // The specification's own, Debian's and Fedora's.
    plugins: plugins.length > 0 ? plugins : ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'],
  };
}

/**
 * The configuration of this name: of several files the first by name, as all runtimes do it.
 *
 * @throws TsrunError NETWORK_NOT_FOUND
 */
export function findConfiguration(name: string, { configurations: directory }: CniPlaces): CniConfiguration {
  const broken: string[] = [];
  const names: string[] = [];
  for (const file of filesOf(directory)) {
    const parsed = readConfiguration(join(directory, file));
    if (parsed.type === 'invalid') {
      broken.push(`${file}: ${parsed.why}`);
      continue;
    }
    if (parsed.configuration.name === name) return parsed.configuration;
    names.push(parsed.configuration.name);
  }
  const close = nearest(name, names);
  throw new TsrunError('NETWORK_NOT_FOUND', `no CNI network "${name}" in ${directory}`, {
    why:
      broken.length > 0
        ? broken.join('; ')
        : names.length > 0
          ? `there are: ${names.join(', ')}`
          : 'there is none at all',
    hint:
      close === null
        ? `write a configuration list: ${join(directory, `10-${name}.conflist`)}`
        : `did you mean "cni:${close}"?`,
  });
}

function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.(conflist|conf|json)$/.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

function readConfiguration(path: string): ParsedConfiguration {
  try {
    return parseConfiguration(readFileSync(path, 'utf8'));
  } catch (error) {
    return { type: 'invalid', why: (error as Error).message };
  }
}

/** @throws TsrunError HOST_UNSUPPORTED */
export function findPlugin({ type }: Pick<CniPlugin, 'type'>, directories: readonly string[]): string {
  for (const directory of directories) {
    const program = join(directory, type);
    try {
      accessSync(program, constants.X_OK);
      if (statSync(program).isFile()) return program;
    } catch {
      // Not here: the next directory.
    }
  }
  throw new TsrunError('HOST_UNSUPPORTED', `cannot find the CNI plugin "${type}"`, {
    why: `there is no such program in ${directories.join(', ')}`,
    hint: 'sudo apt-get install containernetworking-plugins, or say where it is: CNI_PATH=/opt/cni/bin',
  });
}
