// The command in few CommonJS files for a fast start; bin/tsrun loads them, with V8's code cache.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

/**
 * Node's own modules that take milliseconds to load: each is loaded where it is first used.
 *
 * A warm run needs almost none of them. rolldown writes every use as `node_crypto.createHash`, so a call can take the place of the name.
 */
const lazy = ['child_process', 'crypto', 'net', 'os', 'stream', 'stream/promises', 'timers/promises', 'tty', 'zlib'];

const fastToLoad = {
  name: 'fast-to-load',
  renderChunk(code) {
    let changed = withoutRuntime(code);
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
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') chunk.code = wrapped(withPlainExports(ascii(chunk.code)));
    }
  },
};

/** Plain ASCII is read without decoding and kept in one byte a character. Comments are gone: what is left stands in strings. */
const ascii = (code) =>
  code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * A function for every name that another file may want costs a warm run half a millisecond. They stand behind everything else of a
 * file, and nothing that is exported is assigned to twice: the values do.
 */
const withPlainExports = (code) =>
  code.replaceAll(
    /Object\.defineProperty\(exports,"(\w+)",\{enumerable:!0,get:function\(\)\{return ([\w$]+)\}\}\)/g,
    'exports.$1=$2',
  );

/** What Node's own loader puts around a module, here and not in bin/tsrun, where it would copy the text once more. */
const wrapped = (code) => `(function (exports, require, module, __filename, __dirname) {${code}\n})`;

/** Most files need rolldown's helpers, a file of their own, for nothing but the namespace that import() gives. */
function withoutRuntime(code) {
  const inlined = code.replaceAll('require_rolldown_runtime.__exportAll(', `${namespaceOf}(`);
  if (inlined.includes('require_rolldown_runtime.')) return code;
  return inlined.replace(/^const require_rolldown_runtime = require\("[^"]+"\);$/m, '');
}

const namespaceOf =
  '((all) => Object.defineProperties({}, Object.fromEntries(Object.entries(all).map(([name, get]) => [name, { get }]))))';

const ociRoad = ['cli/oci/main.ts', 'cli/oci/commands/create.ts', 'cli/oci/commands/exec.ts'];

/**
 * The warm roads through the commands. A module goes into the file of the first of them that needs it, except that what both ways to
 * a container need is a file of its own.
 *
 * Every file costs a third of a millisecond and every module not needed costs its compilation, so there is one file for each road and what
 * is left (reading new images, the other commands, words for what failed) is split as rolldown likes.
 */
const roads = [
  { name: 'main-road', entries: ['cli/main.ts', 'cli/commands/version.ts'] },
  { name: 'container-road', entries: ['cli/commands/run.ts'], and: ociRoad },
  { name: 'run-road', entries: ['cli/commands/run.ts'] },
  { name: 'oci-road', entries: ociRoad },
  { name: 'program-road', entries: ['cli/program.ts'] },
];

function roadOf(id, context) {
  const needs = (entry) => staticallyImported(fileURLToPath(new URL(`src/${entry}`, import.meta.url)), context).has(id);
  const isOn = ({ entries, and = null }) => entries.some(needs) && (and?.some(needs) ?? true);
  return roads.find(isOn)?.name ?? null;
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
    // withoutRuntime looks for a name.
    minifyInternalExports: false,
    cleanDir: true,
    comments: false,
    // Half as much to read and to keep in the young heap; functions keep their names, for the stack of a mistake of ours.
    minify: { compress: true, mangle: { keepNames: { function: true, class: true } } },
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: roadOf, debugName: 'roads' }] },
  },
});
