#!/usr/bin/env node
// npm run bench: how fast and how small, beside others, in one run on one machine.
import { apply } from './measures/apply.js';
import { firstRun } from './measures/first-run.js';
import { libraryStart } from './measures/library-start.js';
import { loadingMemory } from './measures/loading-memory.js';
import { many } from './measures/many.js';
import { memory } from './measures/memory.js';
import { network } from './measures/network.js';
import { ociVerbs } from './measures/oci-verbs.js';
import { pull } from './measures/pull.js';
import { warmCommand } from './measures/warm-command.js';
import { parseOptions, usage } from './options.js';
import { describeMachine } from './report/machine.js';
import { printSection, printSummary } from './report/print.js';
import { prepare } from './setup/prepare.js';
import { Workspace } from './setup/workspace.js';

/** In the order of a reader's interest; each takes the prepared bench and returns a section. */
const measures = {
  command: warmCommand,
  library: libraryStart,
  first: firstRun,
  apply,
  pull,
  memory,
  loading: loadingMemory,
  many,
  network,
  oci: ociVerbs,
};

const options = parseOptions(process.argv.slice(2), Object.keys(measures));
if (options.type === 'help' || options.type === 'mistake') {
  console.error(options.type === 'help' ? usage(Object.keys(measures)) : options.message);
  process.exit(options.type === 'help' ? 0 : 64);
}

const workspace = new Workspace();
let status = 0;
try {
  const bench = await prepare(workspace, options);
  const machine = describeMachine(bench.nodes, workspace.path);
  if (!options.json) console.log(machine.text);
  const sections = [];
  for (const [name, measure] of Object.entries(measures)) {
    if (!options.only.includes(name)) continue;
    const section = await measure(bench);
    sections.push(section);
    if (!options.json) printSection(section);
  }
  if (options.json) console.log(JSON.stringify({ machine: machine.facts, sections }, null, 2));
  else printSummary(sections);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  status = 1;
} finally {
  workspace.remove();
}
process.exit(status);
