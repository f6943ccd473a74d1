import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, startTsrun } from '../support/tsrun.ts';

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
  test('the container has no terminal, even when tsrun has one', async () => {
    const running = startOnTerminal(
      ['run', '--rm', '-i', busybox, 'sh', '-c', '(: < /dev/tty) 2>/dev/null || echo none'],
      {
        env: home.env,
      },
    );
    expect((await running.outcome).stdout).toContain('none');
  });
});
