/** Commands that pages name without showing what they print: each is run here, or is one that .ci/run runs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture, repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { blocks, spans, textOf } from './pages.ts';

const ci = textOf('.ci/run');
const scripts: Readonly<Record<string, string>> = JSON.parse(textOf('package.json')).scripts;
const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** What stands in .ci/run where it is no test that runs a command. A line that is not here is run below. */
const elsewhere: readonly { readonly command: RegExp; readonly ci: string | null; readonly why: string }[] = [
  { command: /^npm run hello/, ci: 'npm run --silent hello', why: 'builds' },
  { command: /^npm run setup/, ci: 'sh scripts/setup.sh', why: 'installs packages' },
  { command: /^npm test/, ci: 'npm run --silent test', why: 'would run itself' },
  { command: /^npm run test:vm/, ci: 'npm run --silent test:vm', why: 'a virtual machine' },
  { command: /^npm run docs/, ci: 'npm run --silent docs', why: 'half a minute' },
  { command: /^npm run fixtures/, ci: 'sh rootfs-fixtures/make.sh', why: 'makes the images of these tests' },
  { command: /^(npm run check|npm run build|npm run format)/, ci: 'npm run --silent check:', why: 'minutes' },
  { command: /^(TMPDIR=\S+ )?npm run bench/, ci: 'npm run --silent bench', why: 'measures for minutes' },
  { command: /^sh scripts\/(sanitize|cross-arm64)\.sh$/, ci: 'sh scripts/', why: 'compiles' },
  {
    command: /^sh scripts\/setup\.sh --vm( --clients)?$/,
    ci: 'sh scripts/setup.sh --packages-only --vm',
    why: 'installs packages',
  },
  { command: /^\.ci\/run$/, ci: '#!/bin/sh', why: 'runs this' },
  { command: /^vagrant up/, ci: null, why: 'needs Vagrant and a box from the network: its commands are checked below' },
  { command: /^npx vitest run/, ci: null, why: 'would wait for its own turn: what it names is looked up below' },
  {
    command: /^sh test\/clients\/run\.sh /,
    ci: 'sh test/clients/run.sh --short',
    why: 'half a minute for each client',
  },
  {
    command: /^podman --runtime /,
    ci: 'in podman podman-rootless',
    why: 'test/clients has such lines with images of its own',
  },
  {
    command: /^(buildah|docker|ctr) /,
    ci: 'buildah containerd docker',
    why: 'test/clients has such lines with images of its own',
  },
  {
    command: /^tsrun (network|port|run .*--network [a-z]*[^a-z ]*(front|bridge))\b/,
    ci: null,
    why: 'would make bridges on this machine: test/network runs such lines in a network namespace',
  },
  { command: /^nerdctl /, ci: null, why: 'no package of it' },
  // Parts of sentences that only look like a command.
  {
    command:
      /^tsrun run( IMAGE COMMAND| --rm| --dry-run)?$|^tsrun (create|run) --bundle DIR ID$|^tsrun (load|pull)$|^bin\/tsrun oci \.\.\.$/,
    ci: null,
    why: 'no image is named',
  },
];

const commands = [
  ...blocks()
    .filter(({ language }) => language === 'sh')
    .flatMap(({ page, lines }) => lines.map((line) => ({ page, text: line.replace(/\s+#.*$/, '').trim() }))),
  ...spans().filter(({ text }) => /^(npm |npx |sh |\.ci\/|bin\/tsrun |tsrun [a-z]|vagrant )/.test(text)),
].filter(({ text }, index, all) => text !== '' && all.findIndex((other) => other.text === text) === index);

/** A directory where the names that pages use are there. */
const directory = join(home.path, 'checkout');
mkdirSync(directory);
for (const name of ['bin', 'scripts', 'rootfs-fixtures']) symlinkSync(join(repository, name), join(directory, name));
symlinkSync(fixture('rootfs.tar'), join(directory, 'alpine.tar'));

describe('a command that a page names', () => {
  for (const { page, text } of commands) {
    const known = elsewhere.find(({ command }) => command.test(text));
    if (known !== undefined) {
      test(`${page}: ${text} is run by .ci/run or cannot be (${known.why})`, () => {
        if (known.ci !== null) expect(ci).toContain(known.ci);
        const script = /npm run (\S+)/.exec(text)?.[1];
        if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      });
      continue;
    }
    test(`${page}: ${text}`, () => {
      const { status, stdout, stderr } = spawnSync('bash', ['-c', text], {
        cwd: directory,
        encoding: 'utf8',
        input: '',
        env: { ...process.env, ...home.env, PATH: `${join(repository, 'bin')}:${process.env['PATH']}` },
      });
      expect(stderr).not.toMatch(/unknown|usage|not found/i);
      expect(stdout).not.toBe('');
      // diff says 1 where there is a difference, doctor where something will not work.
      expect(status).toBeLessThanOrEqual(/^(diff|\S*tsrun doctor)/.test(text) ? 1 : 0);
    });
  }

  for (const { text } of commands.filter((one) => one.text.startsWith('npx vitest run'))) {
    test(`${text} finds tests`, () => {
      const [, words = '', name = null] = /^npx vitest run (.*?)(?: -t '(.*)')?$/.exec(text) ?? [];
      const path = words.startsWith('--project kernel') ? 'test' : words;
      const files = readdirSync(join(repository, path), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(repository, path, file), 'utf8'));
      expect(files).not.toEqual([]);
      const named = files.filter((source) => source.includes(name ?? ''));
      if (name !== null) expect(named).not.toEqual([]);
    });
  }

  test('is not only remembered here', () => {
    const unused = elsewhere.filter(({ command }) => !commands.some(({ text }) => command.test(text)));
    expect(unused).toEqual([]);
  });
});

describe('what a page names', () => {
  const helpOf = (...words: readonly [string, ...string[]]): string =>
    spawnSync(join(repository, 'bin', words[0]), words.slice(1), { encoding: 'utf8' }).stdout;
  const runtime = ['', 'create', 'run', 'exec', 'checkpoint'].map((verb) =>
    helpOf('tsrun-oci', ...verb.split(' ').filter(Boolean), '--help'),
  );
  const others = [...helpOf('tsrun', '--help').matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name = '']) => name);
  /** Of a group of commands, such as volume. */
  const membersOf = (name: string): readonly string[] => {
    const [, list = ''] = helpOf('tsrun', name, '--help').split('\nCommands:\n');
    return [...list.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, member = '']) => member);
  };
  const help = [
    helpOf('tsrun', 'run', '--help-all'),
    ...runtime,
    ...others.map((name) => helpOf('tsrun', name, '--help')),
    ...others.flatMap((name) => membersOf(name).map((member) => helpOf('tsrun', name, member, '--help'))),
  ].join('\n');
  const flags = [...new Set(spans().flatMap(({ text }) => /^(--[a-z0-9-]+)/.exec(text)?.[1] ?? []))];
  for (const flag of flags) {
    // Of scripts, or of other programs' sentences.
    test(`the flag ${flag} exists`, () => expect(help).toContain(`${flag} `.trimEnd()));
  }

  test('every part in the table of docs/inside.md can be left out', () => {
    const [, table = ''] = textOf('docs/inside.md').split('## Leaving parts out');
    const parts = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, part]) => part);
    expect(parts.length).toBeGreaterThan(10);
    const all = spawnSync(join(repository, 'bin', 'tsrun'), ['run', '--without', 'nothing', 'image'], {
      encoding: 'utf8',
    });
    for (const part of parts) expect(all.stderr).toContain(part);
  });

  test('links to files and folders lead somewhere', () => {
    for (const page of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/inside.md']) {
      const targets = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => target);
      for (const target of targets)
        expect(existsSync(join(repository, page, '..', target)), `${page}: ${target}`).toBe(true);
    }
  });
});

describe('the Vagrantfile', () => {
  const text = readFileSync(join(repository, 'Vagrantfile'), 'utf8');
  const provisions = [...text.matchAll(/<<~'SHELL'\n([\s\S]*?)\n {2}SHELL/g)].map(([, script = '']) => script);

  test('provisions with scripts that a shell can read', () => {
    expect(provisions).toHaveLength(2);
    for (const script of provisions)
      expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
  });

  test('calls what .ci/run calls too', () => {
    const calls = provisions.flatMap((script) => [...script.matchAll(/^\s*(sh \S+)/gm)].map(([, call = '']) => call));
    expect(calls).toEqual(['sh scripts/setup.sh', 'sh rootfs-fixtures/make.sh']);
    for (const call of calls) expect(ci).toContain(call);
  });
});
