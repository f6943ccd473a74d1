/** What shells offer behind `tsrun`. Each answer is of `tsrun __complete`; the scripts only ask and hand over. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startProgramOnTerminal, tsrun } from '../support/tsrun.ts';

const test = requires();
let kept: KeptHome;
let env: Record<string, string | undefined>;
let id: string;
beforeAll(async () => {
  kept = new KeptHome();
  env = { ...process.env, ...kept.home.env, PATH: `${dirname(tsrunPath)}:${process.env['PATH'] ?? ''}` };
  await kept.text('load', '-q', busybox);
  id = await kept.text('create', '--name', 'web', 'busybox', 'sleep', '9');
  await kept.text('run', '-dq', '--name', 'live', 'busybox', 'sleep', '1000');
  mkdirSync(join(kept.home.path, 'here', 'a directory'), { recursive: true });
  writeFileSync(join(kept.home.path, 'here', 'alpine.tar'), '');
});
afterAll(() => kept.dispose());

/** Candidates for the last word, and whether files are some. */
async function candidates(...words: readonly string[]): Promise<{ words: readonly string[]; files: boolean }> {
  const { stdout, stderr, exitCode } = await kept.run('__complete', ...words);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { words: lines.slice(0, -1).map((line) => line.split('\t')[0] ?? ''), files: lines.at(-1) === ':files' };
}
const wordsFor = async (...words: readonly string[]): Promise<readonly string[]> => (await candidates(...words)).words;

describe('tsrun __complete', () => {
  test('knows commands, those of groups, and flags of each', async () => {
    expect(await wordsFor('i')).toEqual(['images', 'import', 'inspect', 'image']);
    expect(await wordsFor('--store', '/x', '--debug', 'comp')).toEqual(['completion']);
    expect(await wordsFor('container', 'l')).toEqual(expect.arrayContaining(['ls', 'list', 'logs']));
    expect(await wordsFor('run', '--cpu')).toEqual(expect.arrayContaining(['--cpus', '--cpu-shares', '--cpuset-cpus']));
    expect(await wordsFor('run', '-m', '64m', '--rm', '--memory-s')).toEqual(['--memory-swap']);
    expect(await wordsFor('logs', '--f')).toEqual(['--follow']);
    expect(await wordsFor('container', 'ls', '--no')).toEqual(['--no-trunc']);
    expect(await wordsFor('system', 'd')).toEqual(['df']);
    expect(await wordsFor('no-such', '')).toEqual([]);
  });

  test('knows values of flags, behind a blank and behind =', async () => {
    expect(await wordsFor('run', '--network', '')).toEqual(['none', 'host', 'bridge', 'pasta']);
    expect(await wordsFor('run', '--network=h')).toEqual(['--network=host']);
    expect(await wordsFor('run', '-it', '--cap-add', 'SYS_P')).toEqual(['SYS_PTRACE', 'SYS_PACCT']);
    expect(await wordsFor('kill', '-s', 'US')).toEqual(['USR1', 'USR2']);
    expect(await wordsFor('ps', '--filter', 'status=e')).toEqual(['status=exited']);
    expect(await wordsFor('inspect', '--type', '')).toEqual(['container', 'image', 'volume']);
    expect(await wordsFor('completion', 'z')).toEqual(['zsh']);
    expect(await candidates('run', '--env-file', '')).toEqual({ words: [], files: true });
    expect(await candidates('run', '--dry-run=')).toEqual({
      words: ['--dry-run=json', '--dry-run=shell'],
      files: false,
    });
    expect(await candidates('run', '-m', '')).toEqual({ words: [], files: false });
  });

  test('knows images, where one is named, and that an image may be a file', async () => {
    expect(await candidates('run', '--rm', 'busy')).toEqual({ words: ['busybox:latest'], files: true });
    expect(await wordsFor('create', 'busybox:l')).toEqual(['busybox:latest']);
    expect(await wordsFor('rmi', '')).toEqual(['busybox:latest']);
    expect(await wordsFor('images', '-f', 'since=b')).toEqual(['since=busybox:latest']);
    expect(await wordsFor('image', 'prune', '--filter', 'unt')).toEqual(['until=']);
    expect(await wordsFor('inspect', 'b')).toContain('busybox:latest');
    expect(await candidates('load', '')).toEqual({ words: [], files: true });
  });

  test('knows containers in the state that a command is for, and each once', async () => {
    expect(await wordsFor('rm', '')).toEqual(['live', 'web']);
    expect(await wordsFor('rm', 'web', '')).toEqual(['live']);
    expect(await wordsFor('stop', '-t', '3', '')).toEqual(['live']);
    expect(await wordsFor('start', '')).toEqual(['web']);
    expect(await wordsFor('container', 'logs', '')).toEqual(['live', 'web']);
    expect(await wordsFor('exec', '-it', '')).toEqual(['live']);
    expect(await wordsFor('rm', id.slice(0, 4))).toEqual([id.slice(0, 12)]);
    expect(await wordsFor('rename', 'web', '')).toEqual([]);
  });

  test('knows volumes, where one is named, and what else a filter is about', async () => {
    await kept.text('volume', 'create', 'data');
    expect(await wordsFor('volume', 'rm', '')).toEqual(['data']);
    expect(await candidates('run', '-v', '')).toEqual({ words: ['data:'], files: true });
    expect(await candidates('run', '--volume=d')).toEqual({ words: ['--volume=data:'], files: true });
    expect(await wordsFor('create', '--mount', 'type=volume,source=')).toEqual(['type=volume,source=data']);
    expect(await wordsFor('run', '--mount', 'readonly,src=d')).toEqual(['readonly,src=data']);
    expect(await wordsFor('run', '--mount', 'type=bind,source=')).toEqual([]);
    expect(await wordsFor('run', '--volumes-from', '')).toEqual(['live', 'web']);
    expect(await wordsFor('ps', '--filter', 'volume=')).toEqual(['volume=data', 'volume=']);
    expect(await wordsFor('ps', '-f', 'since=w')).toEqual(['since=web']);
    expect(await wordsFor('events', '--filter', 'container=l')).toEqual(['container=live']);
    expect(await wordsFor('volume', 'ls', '--filter', 'name=d')).toEqual(['name=data']);
    await kept.text('volume', 'rm', 'data');
  });

  test('knows that behind image or container the line is for what runs there', async () => {
    expect(await wordsFor('run', 'alpine.tar', '--cpu')).toEqual([]);
    expect(await wordsFor('exec', 'live', 'ls', '--f')).toEqual([]);
    expect(await candidates('run', 'alpine.tar', 'cat', '')).toEqual({ words: [], files: true });
  });

  test('looks in the store that the line names', async () => {
    expect(await wordsFor('--store', '/nowhere', 'rmi', '')).toEqual([]);
    expect(await wordsFor(`--store=${kept.home.path}/nowhere`, 'rm', '')).toEqual([]);
  });
});

/** What bash would put in the place of what it takes for the last word. */
async function bashReplies(line: string): Promise<readonly string[]> {
  const { stdout } = await tsrun(['completion', 'bash'], { env });
  // The words as readline splits them.
  const words = line.split(/\s+|(?<=[:=])|(?=[:=])/);
  const script = `${stdout}
    COMP_LINE=$1 COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _tsrun tsrun; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const done = spawnSync('bash', ['--norc', '-c', script, 'bash', line, ...words], {
    encoding: 'utf8',
    cwd: `${kept.home.path}/here`,
    env,
  });
  expect(done.stderr).toBe('');
  return done.stdout.split('\n').filter((word) => word !== '');
}

requires('program-bash')('bash gets what follows the last : or =, where it takes those for ends of words', async () => {
  expect(await bashReplies('tsrun run busybox:la')).toEqual(['latest']);
  expect(await bashReplies('tsrun run busy')).toEqual(['busybox:latest']);
  expect(await bashReplies('tsrun run --network=n')).toEqual(['none']);
  expect(await bashReplies('tsrun ps -f status=ex')).toEqual(['exited']);
  expect(await bashReplies('tsrun run -e A=1 --rm a')).toEqual(['alpine.tar', 'a directory']);
  expect(await bashReplies('tsrun run --env-file=al')).toEqual(['alpine.tar']);
});

/** A line that is typed with a Tab in it has to do what the whole line does. */
const shells = {
  bash: { argv: ['bash', '--norc', '-i'], load: 'source <(tsrun completion bash)' },
  zsh: { argv: ['zsh', '-f', '-i'], load: 'autoload -U compinit; compinit -D -u; source <(tsrun completion zsh)' },
  fish: { argv: ['fish', '--no-config', '-i'], load: 'tsrun completion fish | source' },
} as const;

for (const [shell, { argv, load }] of Object.entries(shells)) {
  const needs = requires(`program-${shell as keyof typeof shells}`, 'program-python3');
  needs(`${shell} completes names with a colon, containers and files on a terminal`, async () => {
    const terminal = startProgramOnTerminal(argv, {
      env: { ...env, HOME: kept.home.path, PS1: '$ ' },
      cwd: `${kept.home.path}/here`,
      columns: 200,
    });
    terminal.write(`${load}; echo lo''aded\r`);
    await terminal.until('loaded');
    terminal.write("tsrun inspect -f 'image {{.RepoTags}}' busybox:la\t\r");
    await terminal.until('image [busybox:latest]');
    terminal.write("tsrun container inspect -f 'container {{.Name}} {{.State.Status}}' we\t\r");
    await terminal.until('container /web created');
    terminal.write('tsrun images --filter=dang\ttrue --format json && echo fini"shed"\r');
    await terminal.until('finished');
    terminal.write('tsrun load -i ./alp\t; echo the"-end"\r');
    await terminal.until('the-end');
    expect(terminal.output).toContain('./alpine.tar');
    terminal.write('exit\r');
    expect((await terminal.outcome).exitCode).toBe(0);
  });
}
