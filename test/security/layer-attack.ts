/** A tree outside of what is attacked: whatever happens, it must not change. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { alsoOverOthers, type HostileCase, type Outside } from '../../rootfs-fixtures/layers/hostile.ts';
import { removeTree } from '../../src/image/layer/apply-layer.ts';
import { applyAll, ownMapping } from '../support/layers.ts';

export interface Canary extends Outside {
  /** Where layers are unpacked: nothing else may appear there. */
  readonly layers: string;
  /** Fails when anything outside of the layers has changed. */
  unchanged(what: string): void;
}

/** Everything about the tree that an attack could change, its parent's names too. */
function hashTree(path: string): string {
  const describe = (at: string): unknown => {
    const { mode, uid, gid, mtimeNs, ctimeNs, nlink, size } = lstatSync(at, { bigint: true });
    const own = [mode, uid, gid, mtimeNs, ctimeNs, nlink, size].map(String);
    if (!lstatSync(at).isDirectory()) return [own, readFileSync(at, 'latin1')];
    return [own, readdirSync(at).map((name) => [name, describe(join(at, name))])];
  };
  return JSON.stringify([readdirSync(join(path, '..')), describe(path)]);
}

/** Makes a canary in a new directory. */
export function makeCanary(home: string): Canary {
  const canary = join(home, 'canary');
  const layers = join(home, 'layers');
  mkdirSync(join(canary, 'dir'), { recursive: true });
  mkdirSync(layers, { recursive: true });
  writeFileSync(join(canary, 'secret'), 'secret');
  writeFileSync(join(canary, 'dir', 'file'), 'file');
  const before = hashTree(canary);
  return {
    canary,
    layers,
    up: Array.from({ length: 20 }, () => '..').join('/'),
    unchanged: (what) => expect(hashTree(canary), what).toEqual(before),
  };
}

/**
 * Unpacks each case, alone and over a layer that has its names already, and removes it again. Each is refused for what it is, or stays inside; a fault of ours (anything but a
 * TsrunError) is neither.
 */
export async function attackAll(canary: Canary, cases: readonly HostileCase[]): Promise<void> {
  expect(cases.length).toBeGreaterThan(0);
  for (const { name, layers } of alsoOverOthers(cases)) {
    try {
      await applyAll(canary.layers, layers);
    } catch (error) {
      expect(error, name).toMatchObject({
        name: 'TsrunError',
        code: expect.stringMatching(/^(IMAGE_|HOST_UNSUPPORTED$)/),
      });
    }
    canary.unchanged(name);
    // Neither may anything appear beside them, in a neighbour whose name begins as the layer's does or elsewhere.
    const left = readdirSync(canary.layers).filter(
      (file) => !/^layer-[0-9a-f-]{36}([.]split([.]replaced)?)?$/.test(file),
    );
    expect(left, name).toEqual([]);
    for (const file of readdirSync(canary.layers)) await removeTree(join(canary.layers, file), ownMapping());
    canary.unchanged(`${name}, deleted`);
  }
}
