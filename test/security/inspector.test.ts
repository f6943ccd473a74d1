/** SIGUSR1 must not open Node's inspector: whoever reaches its port runs code in this process. */
import { spawn } from 'node:child_process';
import { afterAll, expect } from 'vitest';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startTsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();

test('SIGUSR1 ends a command that reads an image, as it ends other programs', async () => {
  const child = spawn(tsrunPath, ['run', '--rm', '-', 'true'], { env: { ...process.env, ...home.env } });
  child.stdin.on('error', () => {});
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // The first megabyte of a file in a tar archive: more than lies in a socket, so it is being read once all of it is written.
  const header = Buffer.alloc(512);
  header.write('file');
  header.write('0000644\0', 100);
  header.write('77777777777\0', 124);
  header.write('        ', 148);
  header.write('ustar\x0000', 257);
  header.write('0', 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const whole = Buffer.concat([header, Buffer.alloc(1_048_576)]);
  await new Promise((resolve) => child.stdin.write(whole, resolve));
  child.kill('SIGUSR1');
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  expect(stderr).not.toContain('Debugger');
  expect(exitCode).toBe(138);
});

test('SIGUSR1 ends a command that does not forward signals', async () => {
  const running = startTsrun(
    ['run', '--rm', '--sig-proxy=false', fixture('busybox.tar'), 'sh', '-c', 'echo ready; sleep 1000'],
    { env: home.env },
  );
  await running.until('ready');
  running.signal('SIGUSR1');
  const { exitCode, stderr } = await running.outcome;
  expect(stderr).not.toContain('Debugger');
  expect(exitCode).toBe(138);
});
