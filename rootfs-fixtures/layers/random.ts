/** Random stacks of layers, the same for the same seed: few names, so that entries meet. */
import { archive, rawDirectory, rawFile, rawHardLink, rawSymlink } from './raw-tar.ts';

/** Whole numbers below a bound, the same sequence for the same seed (mulberry32). */
export function randomNumbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

type Kind = 'directory' | 'file' | 'symlink';

/** Roughly what is there so far, so that most layers make sense: a file below a file makes every reader give up. */
class Model {
  readonly #known = new Map<string, { readonly kind: Kind; readonly layer: number }>();

  /** A path whose parents are directories, or are not there. */
  path(below: (bound: number) => number): string {
    for (;;) {
      const parts = Array.from({ length: 1 + below(3) }, () => 'abc'.charAt(below(3)));
      const parents = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
      const kinds = parents.map((parent) => this.#known.get(parent)?.kind ?? 'directory');
      if (kinds.every((kind) => kind === 'directory' || (kind === 'symlink' && below(8) === 0))) return parts.join('/');
    }
  }

  /** Something that can be linked to, or null. */
  linkable(below: (bound: number) => number): string | null {
    const paths = [...this.#known].filter(([, { kind }]) => kind !== 'directory').map(([path]) => path);
    return paths.length === 0 ? null : (paths[below(paths.length)] ?? null);
  }

  add(path: string, kind: Kind, layer: number): void {
    const merges = kind === 'directory' && this.#known.get(path)?.kind === 'directory';
    if (!merges) this.#forget(path, Number.POSITIVE_INFINITY);
    const parts = path.split('/');
    for (const [i] of parts.slice(1).entries()) {
      const parent = parts.slice(0, i + 1).join('/');
      if (!this.#known.has(parent)) this.#known.set(parent, { kind: 'directory', layer });
    }
    this.#known.set(path, { kind, layer });
  }

  /** Deletes what layers before `layer` have at or below `path`. */
  #forget(path: string, layer: number): void {
    for (const [other, { layer: from }] of this.#known) {
      if (from < layer && (other === path || other.startsWith(`${path}/`))) this.#known.delete(other);
    }
  }

  /** True when `layer` has put something below the directory `parent` ('' is the root). */
  hasBelow(parent: string, layer: number): boolean {
    const prefix = parent === '' ? '' : `${parent}/`;
    return [...this.#known].some(([path, { layer: from }]) => from === layer && path.startsWith(prefix));
  }

  hide(path: string, layer: number): void {
    this.#forget(path, layer);
  }
}

const marked = (path: string, mark: string): string => path.replace(/[^/]*$/, (name) => mark.replace('NAME', name));

function entry(below: (bound: number) => number, model: Model, layer: number): Buffer {
  const path = model.path(below);
  const fields = { mtime: 1_600_000_000 + below(1_000_000), uid: below(3), gid: below(3) };
  switch (below(8)) {
    case 0:
    case 1:
      model.add(path, 'directory', layer);
      return rawDirectory(path, { ...fields, mode: 0o700 + below(0o100) });
    case 2:
    case 3:
      model.add(path, 'file', layer);
      return rawFile(path, 'content'.repeat(below(5)), { ...fields, mode: 0o400 + below(0o400) });
    case 4:
      model.add(path, 'symlink', layer);
      return rawSymlink(path, `${['', '/', '../'][below(3)]}${model.path(below)}`, fields);
    case 5: {
      const target = model.linkable(below);
      if (target === null || target === path || target.startsWith(`${path}/`)) return rawDirectory('./');
      model.add(path, 'file', layer);
      return rawHardLink(path, target);
    }
    case 6:
      model.hide(path, layer);
      return rawFile(marked(path, '.wh.NAME'));
    default: {
      // First in its directory, as every program writes it: what it means for entries before it, readers do not agree on.
      const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
      if (model.hasBelow(parent, layer)) return rawDirectory('./');
      return rawFile(marked(path, '.wh..wh..opq'));
    }
  }
}

/** Some layers, bottom first. Most of them make sense. */
export function randomLayers(seed: number, count: number, entries: number): readonly Buffer[] {
  const below = randomNumbers(seed);
  const model = new Model();
  return Array.from({ length: count }, (_, layer) =>
    archive(...Array.from({ length: 1 + below(entries) }, () => entry(below, model, layer))),
  );
}
