// The command in few CommonJS files for a fast start; bin/tsrun loads them, with V8's code cache.
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

/**
 * Node's own modules that take milliseconds to load: each is loaded where it is first used.
 *
 * A warm run needs almost none of them. rolldown writes every use as `node_crypto.createHash`, so a call can take the place of the name.
 */
const lazy = ['child_process', 'crypto', 'net', 'stream', 'stream/promises', 'tty', 'zlib'];

const fastToLoad = {
  name: 'fast-to-load',
  renderChunk(code) {
    let changed = code;
    for (const name of lazy) {
      const variable = `node_${name.replace('/', '_')}`;
      const declaration = `let ${variable} = require("node:${name}");`;
      if (!changed.includes(declaration)) continue;
      changed = changed
        // `new f().C()` would construct what f returns: the call needs its own parentheses.
        .replaceAll(new RegExp(`\\bnew ${variable}\\.(\\w+)`, 'g'), `new (${variable}().$1)`)
        .replaceAll(new RegExp(`\\b${variable}\\.`, 'g'), `${variable}().`)
        .replace(declaration, `const ${variable} = () => require("node:${name}");`);
    }
    return changed === code ? null : changed;
  },
  // Plain ASCII is read without decoding and kept in one byte a character. Comments are gone: what is left stands in strings.
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      chunk.code = chunk.code.replaceAll(
        /[^\0-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/**
 * The warm roads through the command, shortest first; a module goes into the file of the first road that needs it.
 *
 * Every file costs a third of a millisecond and every module not needed costs its compilation, so there is one file for each road and what
 * is left (reading new images, the other commands) is split as rolldown likes.
 */
const roads = ['cli/main.ts', 'cli/commands/version.ts', 'cli/commands/run.ts', 'cli/program.ts'];

function roadOf(id, context) {
  const road = roads.find((entry) =>
    staticallyImported(fileURLToPath(new URL(`src/${entry}`, import.meta.url)), context).has(id),
  );
  return road === undefined ? null : `${basename(road, '.ts')}-road`;
}

const known = new Map();

/** A module and all it imports without a dynamic import(). */
function staticallyImported(entry, context) {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const found = new Set([entry]);
  known.set(entry, found);
  for (const id of found) for (const next of context.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}

export default defineConfig({
  input: { main: 'src/cli/main.ts', oci: 'src/cli/oci/main.ts' },
  platform: 'node',
  transform: { target: 'node20.19' },
  preserveEntrySignatures: 'allow-extension',
  plugins: [fastToLoad],
  output: {
    dir: 'dist/cli',
    format: 'cjs',
    // The names change with the contents: bin/tsrun keys its code cache by them.
    entryFileNames: '[name]-[hash].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    cleanDir: true,
    comments: false,
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: roadOf, debugName: 'roads' }] },
  },
});
