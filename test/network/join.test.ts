/** The network namespace of somebody else: `--network container:NAME` and `ns:PATH`. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());

describe('--network container:NAME', () => {
  const test = requires('network');
  test('has the interfaces and the names of the other, also after both were started again', async () => {
    await host.detached(
      'web',
      'mkdir -p /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000',
    );
    await host.kept.untilLogged('web', 'ready');
    const script = 'wget -qO- http://127.0.0.1/; cat /etc/hosts';
    const [first, ...names] = (
      await host.out('run', '-q', '--name', 'guest', '--network', 'container:web', busybox, 'sh', '-c', script)
    ).split('\n');
    expect(first).toBe('hello');
    expect(names.join('\n')).toBe(await host.out('exec', 'web', 'cat', '/etc/hosts'));
    await host.out('restart', '-t', '0', 'web');
    expect(await host.out('start', '-a', 'guest')).toContain('hello');
    expect(await host.kept.inspect('guest', '{{.HostConfig.NetworkMode}}')).toBe('container:web');
    await host.out('rm', '-f', 'web');
    const { stderr, exitCode } = await host.tsrun('start', '-a', 'guest');
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/no such container: web/);
    await host.out('rm', 'guest');
  });

  test('is one network for both and for who joins in turn, and nobody sees the processes of another', async () => {
    await host.out('network', 'create', '--subnet', '10.99.1.0/24', 'front');
    await host.detached('web', 'echo ready; exec sleep 1000', '--network', 'front');
    await host.kept.untilLogged('web', 'ready');
    const serve = 'mkdir /www; echo guest > /www/index.html; httpd -p 8080 -h /www; echo ready; exec sleep 2000';
    await host.detached('guest', serve, '--network', 'container:web');
    await host.kept.untilLogged('guest', 'ready');
    await host.detached('third', 'echo ready; exec sleep 3000', '--network', 'container:guest');
    for (const name of ['web', 'guest', 'third']) {
      expect(await host.out('exec', name, 'ip', '-o', '-4', 'addr', 'show', 'eth0')).toContain('10.99.1.2/24');
      expect(await host.out('exec', name, 'wget', '-qO-', 'http://127.0.0.1:8080/')).toBe('guest');
      expect((await host.out('exec', name, 'ps')).match(/sleep \d/g)).toHaveLength(1);
    }
    const neighbour = ['--network', 'front', busybox, 'wget', '-qO-', 'http://web:8080/'];
    expect(await host.out('run', '-q', '--rm', ...neighbour)).toBe('guest');
    // It lives as long as one of them does.
    await host.out('stop', '-t', '0', 'web');
    expect(await host.out('exec', 'guest', 'wget', '-qO-', 'http://127.0.0.1:8080/')).toBe('guest');
    await host.out('rm', '-f', 'web', 'guest', 'third');
    await host.out('network', 'rm', 'front');
  });

  test('is refused while the other does not run, and with what the other would have to have', async () => {
    await host.out('create', '--name', 'made', busybox, 'true');
    const refused = await host.tsrun('run', '--network', 'container:made', busybox, 'true');
    expect(refused.stderr).toMatch(/cannot join the network of .*made/);
    const published = await host.tsrun('run', '--network', 'container:made', '-p', '80', busybox, 'true');
    expect(published.stderr).toMatch(/needs a network\n.*taken as it is/);
    await host.out('rm', 'made');
  });
});

describe('--network ns:PATH', () => {
  requires('root')('is that namespace', async () => {
    const other = await HostNetwork.make();
    try {
      await other.text('ip', 'link', 'add', 'mark0', 'type', 'bridge');
      const path = `ns:/proc/${other.pid}/ns/net`;
      expect(await host.out('run', '-q', '--rm', '--network', path, busybox, 'ip', '-o', 'link')).toContain('mark0');
    } finally {
      await other.dispose();
    }
  });

  requires('rootless')('is refused to an ordinary user, whose container has a user namespace of its own', async () => {
    const { stderr, exitCode } = await host.tsrun(
      'run',
      '-q',
      '--rm',
      '--network',
      'ns:/proc/self/ns/net',
      busybox,
      'true',
    );
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/cannot join the network of somebody else\n.*user namespace/);
  });
});
