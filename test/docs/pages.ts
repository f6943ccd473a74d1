/** What the pages of the repository show: blocks of code, and the words between backquotes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/fixture.ts';

export interface Block {
  readonly page: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** What stands behind the three backquotes. */
  readonly language: string;
  readonly lines: readonly string[];
}

/** A command of a console block with what the page shows below it. */
export interface Shown {
  readonly page: string;
  readonly line: number;
  readonly command: string;
  readonly output: string;
}

/** Every page a person may read; decisions are history. */
export const pages: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'native/README.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export const textOf = (page: string): string => readFileSync(join(repository, page), 'utf8');

/** All fenced blocks. */
export function blocks(): readonly Block[] {
  return pages.flatMap((page) => {
    const found: Block[] = [];
    let open: { readonly line: number; readonly language: string; readonly lines: string[] } | null = null;
    for (const [index, text] of textOf(page).split('\n').entries()) {
      if (!text.startsWith('```')) open?.lines.push(text);
      else if (open === null) open = { line: index + 2, language: text.slice(3).trim(), lines: [] };
      else {
        found.push({ page, ...open });
        open = null;
      }
    }
    return found;
  });
}

/** All words between single backquotes, outside of blocks. */
export function spans(): readonly { readonly page: string; readonly text: string }[] {
  return pages.flatMap((page) =>
    [
      ...textOf(page)
        .replaceAll(/^```[\s\S]*?^```/gm, '')
        .matchAll(/`([^`\n]+)`/g),
    ].map(([, text = '']) => ({ page, text })),
  );
}

/** The commands of console blocks: `$ ` begins one, what follows is its output. */
export function shownCommands(): readonly Shown[] {
  return blocks()
    .filter(({ language }) => language === 'console')
    .flatMap(({ page, line, lines }) => {
      const starts = [...lines.keys()].filter((at) => lines[at]?.startsWith('$ '));
      if (starts[0] !== 0) throw new Error(`${page}:${line}: a console block begins with "$ "`);
      return starts.map((at, index) => ({
        page,
        line: line + at,
        command: lines[at]?.slice(2) ?? '',
        output: lines.slice(at + 1, starts[index + 1]).join('\n'),
      }));
    });
}
