import { afterAll, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** Three lines, and nothing on standard output. */
async function refusal(...args: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await tsrun(args, { env: home.env });
  expect(stdout).toBe('');
  // What is wrong with words, or with what they name, is 1; test/cli/exit-codes.test.ts has which.
  expect([1, 125]).toContain(exitCode);
  return stderr.trimEnd().split('\n');
}

describe('mistakes on the line are answered in three lines', () => {
  test.each<[string[], string[]]>([
    [
      ['rnu'],
      ['tsrun: unknown command "rnu"', '  tsrun has no command of that name', '  hint: did you mean tsrun run?'],
    ],
    [
      ['alpine.tar'],
      [
        'tsrun: unknown command "alpine.tar"',
        '  tsrun has no command of that name',
        '  hint: did you mean tsrun run alpine.tar?',
      ],
    ],
    [
      ['build', '.'],
      [
        'tsrun: cannot do "build" yet',
        '  docker has this command, tsrun does not have it yet',
        '  hint: tsrun --help lists the commands',
      ],
    ],
    [
      ['--verison'],
      ['tsrun: unknown flag "--verison"', '  tsrun has no flag of that name', '  hint: did you mean --version?'],
    ],
    [
      ['run', '--memroy', '1g', 'x'],
      ['tsrun: unknown flag "--memroy"', '  tsrun run has no flag of that name', '  hint: did you mean --memory?'],
    ],
    [
      ['run'],
      [
        'tsrun: no image was given',
        '  tsrun run needs the image, after the flags',
        '  hint: tsrun run --rm -it alpine.tar sh',
      ],
    ],
    [
      ['run', '-m', '5x', 'x'],
      [
        'tsrun: invalid value "5x" for --memory',
        '  a size is a positive number with an optional unit b, k, m, g, t or p',
        '  hint: write for example 64m, 1.5g or a number of bytes',
      ],
    ],
    [
      ['run', '--rm=maybe', 'x'],
      ['tsrun: invalid value "maybe" for --rm', '  it is neither true nor false', '  hint: write true or false'],
    ],
    [
      ['run', '--dry-run=yaml', 'x'],
      [
        'tsrun: invalid value "yaml" for --dry-run',
        '  it can be json or shell',
        '  hint: write --dry-run=json or --dry-run=shell',
      ],
    ],
    [
      ['run', '-a', 'x'],
      [
        'tsrun: tsrun run cannot do -a yet',
        '  standard output and error are always attached',
        '  hint: use -i for standard input, and leave --attach out',
      ],
    ],
    [
      ['images', '--fromat', 'x'],
      ['tsrun: unknown flag "--fromat"', '  the command has no flag of that name', '  hint: did you mean --format?'],
    ],
    [
      ['images', 'a', 'b'],
      [
        'tsrun: too many arguments for "images". Expected 1 argument but got 2',
        '  the command takes fewer words',
        '  hint: see tsrun images --help',
      ],
    ],
    [['rmi'], ['tsrun: missing required argument "image"', '  the command needs it', '  hint: see tsrun rmi --help']],
    [
      ['completion', 'tcsh'],
      ['tsrun: invalid value "tcsh" for shell', '  it can be bash, zsh or fish', '  hint: see tsrun completion --help'],
    ],
    [
      ['doctor', '--format', 'xml'],
      ['tsrun: invalid value "xml" for --format', '  it can be text or json', '  hint: see tsrun doctor --help'],
    ],
  ])('tsrun %j', async (args, lines) => {
    expect(await refusal(...args)).toEqual(lines);
  });

  test('a missing image is named, with what can be done', async () => {
    const lines = await refusal('run', '--rm', './no-such-image.tar');
    expect(lines[0]).toContain('"./no-such-image.tar"');
    expect(lines.at(-1)).toMatch(/^ {2}hint: /);
    expect(lines).toHaveLength(3);
  });

  test('a line break inside an argument does not make a fourth line', async () => {
    expect(await refusal('run', '--name', 'a\nb\u001b[2J', 'x')).toHaveLength(3);
  });

  test('--debug adds the code and the stack, before or after the command', async () => {
    for (const args of [
      ['--debug', 'run', '-m', '5x', 'x'],
      ['run', '--debug', '-m', '5x', 'x'],
      ['rmi', '--debug', 'nothing'],
    ]) {
      const lines = await refusal(...args);
      expect(lines[3]).toMatch(/^ {2}code: [A-Z_]+$/);
      expect(lines.join('\n')).toMatch(/\n +at /);
    }
  });

  test('what stands behind the image belongs to the container', async () => {
    const lines = await refusal('run', './none.tar', '--memroy', '--debug');
    expect(lines[0]).toContain('./none.tar');
    expect(lines).toHaveLength(3);
  });
});
