/** Networks as they are on disk. Reading, and writing a new one. */
import { linkSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { makeDirectory } from '../host/make-directory.ts';
import type { Paths } from '../host/paths.ts';
import { encodeNetwork, isNetworkName, type Network, type NetworkName, parseNetwork } from './network-record.ts';

const suffix = '.json';

const networksDirectory = (paths: Paths): string => join(paths.store, 'networks');
export const networkFile = (paths: Paths, name: NetworkName): string => join(networksDirectory(paths), name + suffix);

/** null: there is none. */
export function readNetwork(paths: Paths, name: NetworkName): Network | null {
  try {
    return parseNetwork(readFileSync(networkFile(paths, name), 'utf8'));
  } catch {
    return null;
  }
}

/** All of them, by name. */
export function listNetworks(paths: Paths): readonly Network[] {
  let files: readonly string[];
  try {
    files = readdirSync(networksDirectory(paths));
  } catch {
    // No store yet.
    return [];
  }
  return files
    .filter((file) => file.endsWith(suffix) && !file.startsWith('.'))
    .map((file) => file.slice(0, -suffix.length))
    .filter(isNetworkName)
    .toSorted()
    .flatMap((name) => readNetwork(paths, name) ?? []);
}

/**
 * By its name, its id, or the beginning of its id.
 *
 * @throws TsrunError NETWORK_NOT_FOUND
 */
export function findNetwork(paths: Paths, word: string): Network {
  const named = isNetworkName(word) ? readNetwork(paths, word) : null;
  if (named !== null) return named;
  const all = listNetworks(paths);
  const [found, another] = /^[0-9a-f]{1,64}$/.test(word) ? all.filter(({ id }) => id.startsWith(word)) : [];
  if (found !== undefined && another === undefined) return found;
  const close = nearest(
    word,
    all.map(({ name }) => name),
  );
  throw new TsrunError('NETWORK_NOT_FOUND', `no such network: ${word}`, {
    why: found === undefined ? 'no network has that name' : 'the ids of several networks begin so',
    hint:
      close === null
        ? `tsrun network ls lists them; to make one: tsrun network create ${isNetworkName(word) ? word : 'NAME'}`
        : `did you mean "${close}"?`,
  });
}

/** @returns false: there is one of that name, and it stays as it is */
export function writeNewNetwork(paths: Paths, network: Network): boolean {
  makeDirectory(networksDirectory(paths), 0o700);
  const unnamed = join(networksDirectory(paths), `.${network.id}`);
  writeFileSync(unnamed, encodeNetwork(network), { mode: 0o600 });
  try {
    // Whole, and only where there is none.
    linkSync(unnamed, networkFile(paths, network.name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(unnamed);
  }
}
