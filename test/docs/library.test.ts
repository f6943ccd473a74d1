/** The library's snippets in the pages: their types are right, they run, and they print what stands beside `console.log`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture, repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { blocks } from './pages.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
// A project that has tsrun among its packages.
mkdirSync(join(home.path, 'node_modules', '@types'), { recursive: true });
symlinkSync(repository, join(home.path, 'node_modules', 'tsrun'));
symlinkSync(join(repository, 'node_modules', '@types', 'node'), join(home.path, 'node_modules', '@types', 'node'));
writeFileSync(join(home.path, 'package.json'), '{ "type": "module" }');

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  typeRoots: [join(home.path, 'node_modules', '@types')],
};

/** What it says it prints: the comments behind `console.log(...)`, and those on lines of their own below. null: nothing is said. */
function promised(lines: readonly string[]): string | null {
  const texts = lines.flatMap((line, index) => {
    const beside = /console\.log\(.*; \/\/ (.*)$/.exec(line)?.[1];
    const below = index > 0 && lines[index - 1]?.includes('//') ? /^\s*\/\/ (.*)$/.exec(line)?.[1] : undefined;
    return beside ?? below ?? [];
  });
  return texts.length === 0 ? null : `${texts.join('\n')}\n`;
}

describe('a snippet of the library', () => {
  for (const { page, line, lines } of blocks().filter(({ language }) => language === 'ts')) {
    const directory = mkdtempSync(join(home.path, 'snippet-'));
    symlinkSync(fixture('busybox.tar'), join(directory, 'web.tar'));
    const file = join(directory, 'snippet.ts');
    const source = lines.join('\n');

    test(`${page}:${line} has the right types`, () => {
      writeFileSync(file, source);
      const program = ts.createProgram([file], options);
      const texts = ts
        .getPreEmitDiagnostics(program)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
      expect(texts).toEqual([]);
    });

    // A network of this machine is root's to make: in a network namespace that stands for the machine.
    const onNetworks = source.includes('createNetwork');
    requires(...(onNetworks ? (['root'] as const) : []))(`${page}:${line} runs`, () => {
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      writeFileSync(file.replace('.ts', '.js'), outputText);
      const place = onNetworks ? ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'] : [];
      const [program = '', ...args] = [...place, process.execPath, file.replace('.ts', '.js')];
      const { status, stdout, stderr } = spawnSync(program, args, {
        cwd: directory,
        encoding: 'utf8',
        env: { ...process.env, ...home.env },
      });
      expect(stderr).toBe('');
      const text = promised(lines);
      if (text === null) expect(stdout).toMatch(/^[a-z]+_[a-z]+ \d+\n$/);
      else expect(stdout).toBe(text);
      expect(status).toBe(0);
    });
  }
});
