/** nginx and redis from Debian's packages, as a person runs them: in the background, looked at, stopped, started, with data that stays. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { repository } from '../support/fixture.ts';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal } from '../support/tsrun.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires('services', 'terminal');
// Not fixture(): it throws where nobody has made them.
const image = (name: string): string => join(repository, 'rootfs-fixtures', 'out', `${name}.tar`);

describe('nginx', () => {
  const fetch = (path = '/'): Promise<string> =>
    kept.text('exec', 'web', 'wget', '-q', '-O', '-', `http://127.0.0.1${path}`);

  test('serves a volume, is looked after by its own HEALTHCHECK, and stops by its own STOPSIGNAL', async () => {
    await kept.text('run', '-dq', '--name', 'web', '-v', 'site:/var/www/html', image('nginx'));
    await kept.text('wait', '--condition', 'healthy', 'web');
    expect(await kept.text('ps', '--format', '{{.Names}} {{.Image}} {{.Status}} {{.Ports}}')).toMatch(
      /^web nginx:debian Up .*\(healthy\)/,
    );
    // An empty volume has what the image has there.
    expect(await fetch()).toBe('<h1>the image</h1>');

    const page = join(kept.home.path, 'index.html');
    writeFileSync(page, '<h1>ours</h1>\n');
    await kept.text('cp', '-q', page, 'web:/var/www/html/');
    expect(await fetch()).toBe('<h1>ours</h1>');
    mkdirSync(join(kept.home.path, 'out'));
    await kept.text('cp', '-q', 'web:/etc/nginx', join(kept.home.path, 'out'));
    expect(readFileSync(join(kept.home.path, 'out', 'nginx', 'nginx.conf'), 'utf8')).toContain('server { listen 80;');

    expect((await kept.run('exec', 'web', 'wget', '-q', '-O', '-', 'http://127.0.0.1/nothing')).exitCode).not.toBe(0);
    const { stdout, stderr } = await kept.run('logs', 'web');
    expect(stdout).toMatch(/"GET \/ HTTP\/1\.1" 200 \d+ .*\n(.*\n)*.*"GET \/nothing HTTP\/1\.1" 404/);
    expect(stderr).toContain('start worker process');

    const top = await kept.text('top', 'web');
    expect(top).toMatch(/ 1 +0 +root .* nginx: master process/);
    expect(top).toMatch(/ 1 +www-data .* nginx: worker process/);
    const [name, , memory] = (
      await kept.text('stats', '--no-stream', '--format', '{{.Name}};{{.CPUPerc}};{{.MemUsage}}', 'web')
    ).split(';');
    expect(name).toBe('web');
    expect(memory).toMatch(/^~?[\d.]+[KM]iB \/ /);

    await kept.text('stop', 'web');
    // Of SIGTERM it ends with 0 too: what it was told shows in its log.
    expect(await kept.inspect('web', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 0');
    expect((await kept.run('logs', 'web')).stderr).toContain('signal 3 (SIGQUIT) received, shutting down');

    await kept.text('start', 'web');
    await kept.text('wait', '--condition', 'healthy', 'web');
    expect(await fetch()).toBe('<h1>ours</h1>');
    await kept.text('rm', '-f', 'web');
    await kept.text('volume', 'rm', 'site');
  });

  test('that cannot serve any more becomes unhealthy, with what its check said', async () => {
    await kept.text('run', '-dq', '--name', 'sick', '--health-start-period', '0s', image('nginx'));
    await kept.text('wait', '--condition', 'healthy', 'sick');
    await kept.text('exec', 'sick', 'sh', '-c', 'echo > /var/www/html/index.html; chmod 0 /var/www/html/index.html');
    await kept.text('wait', '--condition', 'unhealthy', 'sick');
    const log = JSON.parse(await kept.inspect('sick', '{{json .State.Health.Log}}')) as {
      ExitCode: number;
      Output: string;
    }[];
    expect(log.at(-1)).toMatchObject({ ExitCode: 1, Output: expect.stringContaining('403') });
    await kept.text('rm', '-f', 'sick');
  });
});

describe('redis', () => {
  test('keeps what it is told over a stop, a start and its removal', async () => {
    const run = [
      'run',
      '-dq',
      '--name',
      'store',
      '-v',
      'words:/data',
      '--health-cmd',
      'redis-cli ping',
      '--health-interval',
      '300ms',
    ];
    await kept.text(...run, image('redis'));
    await kept.text('wait', '--condition', 'healthy', 'store');
    expect(await kept.text('exec', 'store', 'id', '-un')).toBe('redis');

    const cli = startOnTerminal(['exec', '-it', 'store', 'redis-cli'], { env: kept.home.env, rows: 50, columns: 200 });
    // It throws away what was typed before its prompt: tcsetattr(TCSAFLUSH).
    const prompt = String.raw`[^]*127\.0\.0\.1:6379> `;
    await cli.until(new RegExp(prompt));
    cli.write('set greeting "hello there"\r');
    await cli.until(new RegExp(`OK\r\n${prompt}`));
    cli.write('get greeting\r');
    await cli.until(new RegExp(`OK\r\n[^]*"hello there"\r\n${prompt}`));
    cli.write('quit\r');
    expect((await cli.outcome).exitCode).toBe(0);

    await kept.text('stop', 'store');
    expect(await kept.inspect('store', '{{.State.ExitCode}}')).toBe('0');
    const log = await kept.text('logs', 'store');
    expect(log).toMatch(/Received SIGTERM scheduling shutdown[\s\S]*DB saved on disk[\s\S]*bye bye/);

    await kept.text('start', 'store');
    await kept.text('wait', '--condition', 'healthy', 'store');
    expect(await kept.text('exec', 'store', 'redis-cli', 'get', 'greeting')).toBe('hello there');
    const dump = join(kept.home.path, 'dump.rdb');
    await kept.text('cp', '-q', 'store:/data/dump.rdb', dump);
    expect(readFileSync(dump, 'latin1')).toMatch(/^REDIS/);
    await kept.text('rm', '-f', '-v', 'store');

    // A named volume is nobody's to take along.
    await kept.text(...run, image('redis'));
    await kept.text('wait', '--condition', 'healthy', 'store');
    expect(await kept.text('exec', 'store', 'redis-cli', 'get', 'greeting')).toBe('hello there');
    await kept.text('rm', '-f', 'store');
    await kept.text('volume', 'rm', 'words');
  });

  test('answers the host on its network', async () => {
    const port = await freePort();
    const command = ['redis-server', '--bind', '127.0.0.1', '--port', `${port}`];
    await kept.text('run', '-dq', '--name', 'near', '--network', 'host', image('redis'), ...command);
    await kept.untilLogged('near', 'Ready to accept connections');
    expect(await ask(port, 'PING\r\n')).toBe('+PONG\r\n');
    await kept.text('rm', '-f', 'near');
  });
});

/** One that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The first words of an answer. */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.once('error', reject);
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.toString());
    });
  });
}
