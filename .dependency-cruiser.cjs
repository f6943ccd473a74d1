// The direction of src/, checked by a machine. ARCHITECTURE.md draws it; each rule says why it is there.
// Between folders types count too: a folder that knows another's types cannot be read without it.
const testFile = '[.]test[.]ts$';

/** A folder may import itself, errors/ and what is listed. Its tests may import what they like. */
const mayImportOnly = (name, folder, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: testFile },
  to: { path: '^src/', pathNot: [`^src/(${[folder, 'errors', ...allowed].join('|')})(/|[.]ts$)`] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Two files that need each other to load are one file, or a third is missing that both should import. ' +
        'Types and commands that are loaded on demand do not count here.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    {
      name: 'pure-folders-do-no-io',
      comment:
        'plan/ and oci/ turn data into data: what the host looks like is passed in, so they are tested without root.',
      severity: 'error',
      from: { path: '^src/(plan|oci)/', pathNot: testFile },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|path|path/posix|util)$' },
    },
    mayImportOnly(
      'plan-knows-oci-only',
      'plan',
      ['oci'],
      'A plan is made from a config and facts, not from the road that led there.',
    ),
    mayImportOnly('oci-stands-alone', 'oci', [], 'The specs know nothing of us.'),
    mayImportOnly(
      'bundle-knows-oci-only',
      'bundle',
      ['oci'],
      'A bundle is files that a client wrote; what becomes of it is decided later.',
    ),
    mayImportOnly('errors-stand-alone', 'errors', [], 'Everybody imports errors/, so it can import nobody.'),
    mayImportOnly(
      'native-knows-the-plan',
      'native',
      ['plan', 'oci', 'host/helper'],
      'The door to native code encodes plans and finds its artefacts; decisions are made before it is called.',
    ),
    mayImportOnly(
      'events-stand-alone',
      'events',
      ['host', 'native'],
      'What happened is a line in a file; to whom it happened is told by who writes it.',
    ),
    mayImportOnly(
      'image-knows-no-container',
      'image',
      ['events', 'native', 'host', 'plan/plan', 'plan/host-facts'],
      'Images are read, checked and stored without a word about containers; native code writes and decompresses layers. Id maps, whose ids the files carry, are spelled as in a plan.',
    ),
    mayImportOnly(
      'cgroup-stands-alone',
      'cgroup',
      ['plan', 'oci', 'host', 'native'],
      'Control groups work on directories and numbers, from the limits as the spec words them.',
    ),
    mayImportOnly(
      'network-stands-alone',
      'network',
      ['plan', 'host', 'native'],
      'Networks know addresses and files, not verbs.',
    ),
    mayImportOnly(
      'process-stands-alone',
      'process',
      ['plan', 'host', 'native'],
      'Attaching, terminals and signals work for any process.',
    ),
    mayImportOnly(
      'host-stands-alone',
      'host',
      ['plan', 'native', 'cgroup'],
      'Probes report facts; who needs them is not their business.',
    ),
    mayImportOnly(
      'container-knows-no-command-line',
      'container',
      ['events', 'plan', 'oci', 'bundle', 'image', 'cgroup', 'network', 'process', 'host', 'native'],
      'The library and the command take the same road; argv and printing end in cli/.',
    ),
    mayImportOnly(
      'library-knows-no-command-line',
      'library',
      ['events', 'plan', 'oci', 'image', 'network', 'process', 'host', 'native', 'container'],
      "A program gets values and errors; argv, printing and exit codes are the command line's.",
    ),
    mayImportOnly(
      'cli-asks-the-verbs',
      'cli',
      [
        'library',
        'container',
        'events',
        'bundle',
        'image',
        'network',
        'host',
        'oci/config',
        'plan/render',
        'process/detach-key-filter',
        'process/foreground-signals',
        'process/inherited-stdio',
        'process/leave',
      ],
      'A command file parses and prints; kernel work and decisions lie behind the verbs it calls. ' +
        'Its own terminal and signals are what it hands over to them.',
    ),
    {
      name: 'one-door-to-native-code',
      comment:
        'Only src/native/addon.ts loads the addon, by process.dlopen; so its promises are written down in one place.',
      severity: 'error',
      from: { path: '^src/', pathNot: testFile },
      to: { dependencyTypes: ['core'], path: '^(node:)?module$' },
    },
    {
      name: 'product-does-not-import-tests',
      comment: 'Test files and test/ are not shipped.',
      severity: 'error',
      from: { path: '^src/', pathNot: testFile },
      to: { path: ['^test/', '^rootfs-fixtures/', '^bench/', testFile] },
    },
    {
      name: 'no-undeclared-packages',
      comment:
        'What is imported at run time is in dependencies; what is only in devDependencies is missing after npm install.',
      severity: 'error',
      from: { path: '^src/', pathNot: testFile },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'no-unresolvable-imports',
      comment: 'A path that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    builtInModules: { add: [] },
  },
};
