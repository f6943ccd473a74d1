/** The library's snippet in the README: its types are right, and it runs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture, repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { blocks } from './pages.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
// A project that has tsrun among its packages.
mkdirSync(join(home.path, 'node_modules', '@types'), { recursive: true });
symlinkSync(repository, join(home.path, 'node_modules', 'tsrun'));
symlinkSync(join(repository, 'node_modules', '@types', 'node'), join(home.path, 'node_modules', '@types', 'node'));
writeFileSync(join(home.path, 'package.json'), '{ "type": "module" }');
symlinkSync(fixture('busybox.tar'), join(home.path, 'web.tar'));

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  typeRoots: [join(home.path, 'node_modules', '@types')],
};

describe('a snippet of the library', () => {
  for (const { page, line, lines } of blocks().filter(({ language }) => language === 'ts')) {
    const file = join(home.path, `snippet-${line}.ts`);
    const source = lines.join('\n');

    test(`${page}:${line} has the right types`, () => {
      writeFileSync(file, source);
      const program = ts.createProgram([file], options);
      const texts = ts
        .getPreEmitDiagnostics(program)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
      expect(texts).toEqual([]);
    });

    test(`${page}:${line} runs`, () => {
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      writeFileSync(file.replace('.ts', '.js'), outputText);
      const { status, stdout, stderr } = spawnSync(process.execPath, [file.replace('.ts', '.js')], {
        cwd: home.path,
        encoding: 'utf8',
        env: { ...process.env, ...home.env },
      });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^[a-z]+_[a-z]+ \d+\n$/);
      expect(status).toBe(0);
    });
  }
});
