/** `-P` and `--expose`: every port that a container says it listens at, published at a free one. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());

describe('-P', () => {
  const test = requires('root');

  test('publishes what the image and the request expose, and what is published already once', async () => {
    await host.out('create', '-q', '--name', 'maker', busybox, 'true');
    await host.out('commit', '-c', 'EXPOSE 80 53/udp', 'maker', 'exposing:1');
    const serve = 'mkdir /www && echo hello > /www/index.html && httpd -p 80 -h /www && echo ready && exec sleep 1000';
    const flags = ['-P', '--expose', '9000-9001', '-p', '127.0.0.1:8099:9001', '--name', 'web'];
    await host.out('run', '-dq', ...flags, 'exposing:1', 'sh', '-c', serve);
    await host.kept.untilLogged('web', 'ready');
    const ports = (await host.out('port', 'web')).split('\n').sort();
    expect(ports).toEqual([
      expect.stringMatching(/^53\/udp -> 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^53\/udp -> \[::1\]:\d+$/),
      expect.stringMatching(/^80\/tcp -> 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^80\/tcp -> \[::1\]:\d+$/),
      expect.stringMatching(/^9000\/tcp -> 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^9000\/tcp -> \[::1\]:\d+$/),
      '9001/tcp -> 127.0.0.1:8099',
    ]);
    const [at] = (await host.out('port', 'web', '80')).split('\n');
    expect(await host.text('wget', '-qO-', `http://${at}/`)).toBe('hello');
    expect(await host.out('inspect', '-f', '{{.HostConfig.PublishAllPorts}}', 'web')).toBe('true');
    expect(await host.out('ps', '-q', '--filter', 'expose=9000', '--filter', 'expose=53/udp')).not.toBe('');
    expect(await host.out('ps', '-q', '--filter', 'expose=81')).toBe('');
    await host.out('rm', '-f', 'web', 'maker');
  });

  test('alone publishes nothing of an image that exposes nothing; --expose alone publishes nothing', async () => {
    await host.out('run', '-dq', '-P', '--name', 'bare', busybox, 'sleep', '1000');
    await host.out('run', '-dq', '--expose', '80', '--name', 'told', busybox, 'sleep', '1000');
    expect(await host.out('port', 'bare')).toBe('');
    expect(await host.out('port', 'told')).toBe('');
    await host.out('rm', '-f', 'bare', 'told');
  });
});

requires()('what is no port is refused, and so is -P without a network', async () => {
  for (const word of ['0', '70000', '80/icmp', 'http', '90-80']) {
    const { stderr, exitCode } = await host.tsrun('run', '--rm', '--expose', word, busybox, 'true');
    expect({ word, exitCode }).toEqual({ word, exitCode: 125 });
    expect(stderr).toContain('it is no port or range of ports');
  }
  const { stderr } = await host.tsrun('run', '--rm', '--network', 'none', '-P', busybox, 'true');
  expect(stderr).toContain('--publish-all needs a network');
});
