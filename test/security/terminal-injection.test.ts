/** The caller's terminal: nothing is typed into it, nothing takes it over (CVE-2016-2568, CVE-2017-5226). */
import { constants } from 'node:os';
import { afterAll, describe, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal } from '../support/tsrun.ts';
import { hostileImage, program } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('terminal');
const image = hostileImage(home, 'terminal', { layers: [[program(home, 'touch-terminal')]] });

async function touch(...flags: readonly string[]): Promise<string> {
  const running = startOnTerminal(['run', '--rm', '--quiet', ...flags, image, 'touch-terminal'], { env: home.env });
  return (await running.outcome).stdout.replaceAll('\r', '');
}

describe('without -t, on a terminal', () => {
  for (const flags of [[], ['-i'], ['--init'], ['--security-opt', 'seccomp=unconfined']]) {
    test(`no descriptor of it can be typed into or taken over${flags.length === 0 ? '' : ` with ${flags.join(' ')}`}`, async () => {
      const lines = (await touch(...flags)).trim().split('\n');
      expect(lines).toHaveLength(4);
      for (const line of lines.slice(0, 3)) {
        // Not a descriptor of it at all: whoever has one can read what is typed there later.
        expect(line).toContain('terminal 0');
        // Not one success: ENOTTY, or EBADF for nothing.
        for (const request of ['TIOCSTI', 'TIOCLINUX', 'TIOCSCTTY'])
          expect(line).toMatch(new RegExp(`${request} [1-9]`));
        expect(line).not.toContain('!');
      }
      // There is no terminal of the session to open.
      expect(lines[3]).toBe(`/dev/tty ${constants.errno.ENXIO}`);
    });
  }
});

describe('with -t', () => {
  test('the terminal inside is another one', async () => {
    const running = startOnTerminal(
      ['run', '--rm', '--quiet', '-it', image, 'sh', '-c', 'tty; cut -d" " -f 6,7 /proc/self/stat; ls /dev/pts'],
      { env: home.env },
    );
    const { stdout } = await running.outcome;
    // /dev/pts of its own: number 0, and no other; its session is PID 1's.
    expect(stdout.replaceAll('\r', '')).toMatch(/^\/dev\/pts\/0\n1 34816\n0\s+ptmx\n$/);
  });

  test('what is typed into it from inside stays inside', async () => {
    const inside = 'touch-terminal > /dev/null; read -t 1 typed; echo "typed <$typed>"';
    const running = startOnTerminal(['run', '--rm', '--quiet', '-it', image, 'sh', '-c', inside], { env: home.env });
    expect((await running.outcome).exitCode).toBe(0);
  });
});
