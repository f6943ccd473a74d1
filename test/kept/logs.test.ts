/** What a container printed, after its command has gone. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
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
    // A line has the time at which the monitor reads it: the second is written when the first has been.
    await kept.detached('times', 'echo first; while [ ! -e /go ]; do sleep 0.02; done; echo second');
    await kept.untilLogged('times', 'first');
    await kept.text('exec', 'times', 'touch', '/go');
    await kept.text('wait', 'times');
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

  test('have the size and the number of files that were asked for', async () => {
    const script = 'line=$(head -c 92 /dev/zero | tr "\\0" x); yes "$line" | head -n 20000; echo last';
    await ended('small', script, '--log-opt', 'max-size=100k', '--log-opt', 'max-file=5');
    const directory = join(await kept.inspect('small', '{{.LogPath}}'), '..');
    const logs = readdirSync(directory).filter((name) => name.startsWith('log'));
    expect(logs.toSorted()).toEqual(['log', 'log.1', 'log.2', 'log.3', 'log.4']);
    // One that is full is seen at the next read of the pipe, which takes 64 KiB, a line at a time with its head.
    for (const name of logs) expect(statSync(join(directory, name)).size).toBeLessThan(260 * 1024);
    const { stdout } = await kept.run('logs', 'small');
    expect(stdout.length).toBeGreaterThan(300_000);
    expect(stdout.endsWith('x\nlast\n')).toBe(true);
    await kept.text('rm', 'small');
    await ended('single', script, '--log-opt', 'max-size=100k', '--log-opt', 'max-file=1');
    const single = join(await kept.inspect('single', '{{.LogPath}}'), '..');
    expect(readdirSync(single).filter((name) => name.startsWith('log'))).toEqual(['log']);
    expect((await kept.run('logs', 'single')).stdout.endsWith('last\n')).toBe(true);
    await kept.text('rm', 'single');
  });

  test('there are none with --log-driver none, and who attaches sees what is printed all the same', async () => {
    await kept.detached('quiet', 'read line; echo "got $line"', '-i', '--log-driver', 'none');
    const { stderr, exitCode } = await kept.run('logs', 'quiet');
    expect(stderr).toContain('it was made with --log-driver none');
    expect(exitCode).toBe(1);
    const attached = kept.start('attach', 'quiet');
    attached.write('word\n');
    await attached.until('got word');
    await attached.outcome;
    expect(await kept.inspect('quiet', '{{.LogPath}}')).toBe('');
    const directory = join(kept.home.store, 'containers', await kept.inspect('quiet', '{{.Id}}'));
    expect(readdirSync(directory).filter((name) => name.startsWith('log'))).toEqual([]);
    await kept.text('rm', 'quiet');
  });

  test('have one format: docker’s own and what goes elsewhere is refused', async () => {
    const refusal = async (...flags: readonly string[]): Promise<string> =>
      (await kept.run('run', '--rm', ...flags, busybox, 'true')).stderr;
    expect(await refusal('--log-driver', 'json-file')).toContain('a log of tsrun has a format of its own');
    expect(await refusal('--log-driver', 'syslog')).toContain('tsrun sends logs nowhere');
    expect(await refusal('--log-opt', 'compress=true')).toContain('the options are max-size and max-file');
    expect(await refusal('--log-driver', 'none', '--log-opt', 'max-file=2')).toContain('nothing is kept');
  });

  test('of a terminal are what it showed', async () => {
    await ended('tty', 'tty; echo done', '-t');
    const { stdout } = await kept.run('logs', 'tty');
    expect(stdout).toMatch(/^\/dev\/pts\/0\r\ndone\r\n$/);
    await kept.text('rm', 'tty');
  });
});
