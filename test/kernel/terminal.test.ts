import { afterAll, describe, expect } from 'vitest';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, startProgramOnTerminal, startTsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('terminal');
const busybox = fixture('busybox.tar');
const onTerminal = (script: string, size: { readonly rows?: number; readonly columns?: number } = {}) =>
  startOnTerminal(['run', '--rm', '-q', '-it', busybox, 'sh', '-c', script], { env: home.env, ...size });

describe('-it', () => {
  test('gives the container a terminal of its own, the size of ours from the first moment', async () => {
    const running = onTerminal('tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo all', {
      rows: 33,
      columns: 111,
    });
    const { stdout, exitCode } = await running.outcome;
    expect(stdout).toBe('/dev/pts/0\r\n33 111\r\nall\r\n');
    expect(exitCode).toBe(0);
  });

  test('passes a resize on', async () => {
    const running = onTerminal('trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.1; done');
    await running.until('ready');
    running.resize(50, 132);
    expect((await running.outcome).stdout).toContain('50 132');
  });

  test('Ctrl-C reaches the job inside and not the shell around it', async () => {
    const running = startOnTerminal(['run', '--rm', '-q', '-it', busybox, 'sh'], { env: home.env });
    await running.until('# ');
    // The job itself says that it runs: the key must not come while the shell still reads the line.
    running.write('sh -c \'echo st""arted; exec sleep 1000\'\n');
    await running.until('started');
    running.write('\x03');
    await running.until(/\^C[\s\S]*# /);
    running.write('echo alive $?; exit 3\n');
    const { stdout, exitCode } = await running.outcome;
    expect(stdout).toContain('alive 130');
    expect(exitCode).toBe(3);
  });

  test('Ctrl-Z stops a job inside, and fg goes on with it', async () => {
    const running = startOnTerminal(['run', '--rm', '-q', '-it', busybox, 'sh'], { env: home.env });
    await running.until('# ');
    running.write('sh -c \'echo st""arted; exec cat\'\n');
    await running.until('started');
    running.write('\x1a');
    await running.until('Stopped');
    running.write('fg\n');
    await running.until(/fg\r\n.*exec cat/);
    running.write('typed again\n');
    // Once from the terminal's echo, once from cat.
    await running.until(/typed again\r\ntyped again/);
    running.write('\x04');
    await running.until(/typed again\r\ntyped again\r\n[\s\S]*# /);
    running.write('exit\n');
    const { stdout, exitCode } = await running.outcome;
    expect(stdout).toContain('Stopped');
    expect(exitCode).toBe(0);
  });

  test('Ctrl-D ends the shell', async () => {
    const running = startOnTerminal(['run', '--rm', '-q', '-it', busybox, 'sh'], { env: home.env });
    await running.until('# ');
    running.write('\x04');
    expect((await running.outcome).exitCode).toBe(0);
  });

  test('a closed terminal ends the container', async () => {
    const running = onTerminal('echo ready; cat');
    await running.until('ready');
    running.hangUp();
    await running.outcome;
  });

  test('what was printed last is not lost', async () => {
    const { stdout } = await onTerminal('seq 1 5000').outcome;
    expect(stdout.trimEnd().split('\r\n')).toHaveLength(5000);
    expect(stdout.endsWith('5000\r\n')).toBe(true);
  });

  test('TERM is set and /dev/console is the terminal', async () => {
    const { stdout } = await onTerminal('echo $TERM; echo to the console > /dev/console').outcome;
    expect(stdout).toBe('xterm\r\nto the console\r\n');
  });

  test('refuses an input that is no terminal', async () => {
    const running = startTsrun(['run', '--rm', '-q', '-it', busybox, 'true'], { env: home.env });
    running.end();
    const { stderr, exitCode } = await running.outcome;
    expect(stderr).toContain('the input device is not a TTY');
    expect(exitCode).toBe(125);
  });
});

describe('without -t', () => {
  const onPipes = (...command: readonly string[]) =>
    startOnTerminal(['run', '--rm', '-q', '-i', busybox, ...command], { env: home.env });
  const shown = (text: string): string => text.replaceAll('\r', '');

  test('the container has no terminal, even when tsrun has one', async () => {
    const running = onPipes(
      'sh',
      '-c',
      '(: < /dev/tty) 2>/dev/null || echo none; for n in 0 1 2; do test -t $n && echo $n; done',
    );
    expect(shown((await running.outcome).stdout)).toBe('none\n');
  });

  test('a shell reads the lines that are typed, and ends with Ctrl-D', async () => {
    const running = onPipes('sh');
    running.write('echo "PID $$"\n');
    await running.until('PID 1');
    running.write('\x04');
    const { stdout, exitCode } = await running.outcome;
    // The terminal's own echo, and no prompt: as with docker.
    expect(shown(stdout)).toBe('echo "PID $$"\nPID 1\n');
    expect(exitCode).toBe(0);
  });

  test('output and error come in the order in which they were written', async () => {
    const running = onPipes('sh', '-c', 'for n in $(seq 200); do echo out $n; echo err $n >&2; done');
    const expected = Array.from({ length: 200 }, (_, n) => `out ${n + 1}\nerr ${n + 1}\n`).join('');
    expect(shown((await running.outcome).stdout)).toBe(expected);
  });

  test('Ctrl-C is a signal for PID 1', async () => {
    // Not `read`: ash misses a signal that comes after its look for traps and before it blocks, 3 of 800.
    const running = onPipes('sh', '-c', 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.1; done');
    await running.until('ready');
    running.write('\x03');
    const { stdout, exitCode } = await running.outcome;
    expect(stdout).toContain('caught');
    expect(exitCode).toBe(5);
  });

  test('Ctrl-Z stops the whole job, fg goes on with it', async () => {
    const running = startProgramOnTerminal(['bash', '--norc', '-i'], { env: home.env });
    await running.until(/[#$] /);
    running.write(`'${tsrunPath}' run --rm -q -i '${busybox}' sh -c 'echo st""arted; exec cat'\n`);
    // Not before: what is typed while the shell changes the terminal's mode is lost.
    await running.until('started');
    running.write('first\n');
    await running.until(/first\r\n[\s\S]*first\r\n/);
    running.write('\x1a');
    await running.until('Stopped');
    running.write('fg\n');
    await running.until(/fg\r\n[\s\S]*exec cat/);
    running.write('second\n');
    await running.until(/second\r\nsecond\r\n/);
    running.write('\x04');
    running.write('exit $?\n');
    expect((await running.outcome).exitCode).toBe(0);
  });

  test('a command that does not read its input does not keep ours', async () => {
    const running = startProgramOnTerminal(
      ['sh', '-c', `'${tsrunPath}' run --rm -q -i '${busybox}' true; echo over; read line; echo "got $line"`],
      { env: home.env },
    );
    await running.until('over');
    running.write('typed\n');
    expect(shown((await running.outcome).stdout)).toContain('got typed\n');
  });

  for (const [flag, command] of [
    ['-i', 'echo ready; cat'],
    ['--init', 'trap "exit 0" HUP; echo ready; while :; do sleep 1; done'],
  ] as const) {
    test(`a closed terminal ends the container, and the command as it should: ${flag}`, async () => {
      const running = startOnTerminal(['run', '--rm', '-q', flag, busybox, 'sh', '-c', command], { env: home.env });
      await running.until('ready');
      running.hangUp();
      // Node's own way out aborts, with a core dump, over a terminal that has gone.
      expect((await running.outcome).exitCode).toBe(0);
    });
  }
});
