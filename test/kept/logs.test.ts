/** What a container printed, after its command has gone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

/** Runs a script to its end. */
async function ended(name: string, script: string, ...flags: readonly string[]): Promise<void> {
  await kept.detached(name, script, ...flags);
  await kept.text('wait', name);
}

describe('logs', () => {
  test('standard output and error stay apart, byte for byte', async () => {
    await ended('apart', 'printf "a\\n\\nb"; printf "e\\001\\377\\n" >&2');
    const { stdout, stderr, exitCode } = await kept.run('logs', 'apart');
    expect({ stdout, exitCode }).toEqual({ stdout: 'a\n\nb', exitCode: 0 });
    expect(stderr).toBe('e\u0001\ufffd\n');
    await kept.text('rm', 'apart');
  });

  test('a line longer than any buffer comes back whole', async () => {
    await ended('long', 'head -c 200000 /dev/zero | tr "\\0" x; echo; echo end');
    expect((await kept.run('logs', 'long')).stdout).toBe(`${'x'.repeat(200_000)}\nend\n`);
    expect((await kept.run('logs', '--tail', '2', 'long')).stdout).toBe(`${'x'.repeat(200_000)}\nend\n`);
    expect((await kept.run('logs', '--tail', '1', 'long')).stdout).toBe('end\n');
    await kept.text('rm', 'long');
  });

  test('the file is in the documented format', async () => {
    await ended('format', 'echo one; echo two >&2; printf three');
    const lines = readFileSync(await kept.inspect('format', '{{.LogPath}}'), 'utf8')
      .trimEnd()
      .split('\n');
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z';
    expect(lines.toSorted((a, b) => (a.slice(31) < b.slice(31) ? -1 : 1))).toEqual([
      expect.stringMatching(new RegExp(`^${time} stderr F two$`)),
      expect.stringMatching(new RegExp(`^${time} stdout F one$`)),
      expect.stringMatching(new RegExp(`^${time} stdout P three$`)),
    ]);
    await kept.text('rm', 'format');
  });

  test('-t, --since and --until go by the time of each line', async () => {
    await ended('times', 'echo first; sleep 0.2; echo second');
    const [first = '', second = ''] = (await kept.text('logs', '-t', 'times')).split('\n');
    expect(first).toMatch(/Z first$/);
    const [at = ''] = second.split(' ');
    expect(await kept.text('logs', '--since', at, 'times')).toBe('second');
    expect(await kept.text('logs', '--until', first.split(' ')[0] ?? '', 'times')).toBe('first');
    expect(await kept.text('logs', '--since', '1h', 'times')).toBe('first\nsecond');
    expect((await kept.run('logs', '--since', 'gestern', 'times')).stderr).toContain('it is no moment');
    await kept.text('rm', 'times');
  });

  test('-f follows until the container ends', async () => {
    await kept.detached('follow', 'echo begin; while [ ! -e /go ]; do sleep 0.02; done; echo end');
    const logs = kept.start('logs', '-f', 'follow');
    await logs.until('begin');
    await kept.text('exec', 'follow', 'touch', '/go');
    expect(await logs.outcome).toMatchObject({ stdout: 'begin\nend\n', exitCode: 0 });
    await kept.text('rm', 'follow');
  });

  test('are rotated by size, and read across the files', async () => {
    // 25 MB in lines of 100 bytes: more than two files of 10 MiB.
    await ended('much', 'i=0; line=$(head -c 92 /dev/zero | tr "\\0" x); yes "$line" | head -n 250000; echo last');
    const directory = join(await kept.inspect('much', '{{.LogPath}}'), '..');
    const sizes = ['log', 'log.1', 'log.2'].map((name) => readFileSync(join(directory, name)).length);
    for (const size of sizes) expect(size).toBeLessThan(10.1 * 2 ** 20);
    const { stdout } = await kept.run('logs', '--tail', '150000', 'much');
    expect(stdout.split('\n').length).toBe(150_001);
    expect(stdout.endsWith('x\nlast\n')).toBe(true);
    await kept.text('rm', 'much');
  });

  test('of a terminal are what it showed', async () => {
    await ended('tty', 'tty; echo done', '-t');
    const { stdout } = await kept.run('logs', 'tty');
    expect(stdout).toMatch(/^\/dev\/pts\/0\r\ndone\r\n$/);
    await kept.text('rm', 'tty');
  });
});
