/** `network connect` and `network disconnect`, of containers that run and that do not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const test = requires('root', 'program-nft');
let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
  await host.out('network', 'create', '--subnet', '10.99.1.0/24', 'front');
  await host.out('network', 'create', '--subnet', '10.99.2.0/24', '--subnet', 'fd00:99:2::/64', 'back');
  await host.out('network', 'create', '--subnet', '10.99.3.0/24', '--internal', 'inside');
});
afterAll(() => host.dispose());

const links = async (): Promise<string> => (await host.text('ip', '-brief', 'link')).replace(/ {2,}.*$/gm, '');
const leases = (): readonly string[] =>
  readdirSync(join(host.kept.home.state, 'networks'), { recursive: true })
    .map(String)
    .filter((name) => name.includes('/') && !name.startsWith('.ports'));
const inside = (...argv: readonly string[]): Promise<string> => host.out('exec', 'con', ...argv);

describe('a container that runs', () => {
  test('gets another network with address, names and route, and loses it again', async () => {
    const serve = 'mkdir /www && echo hello > /www/index.html && httpd -p 80 -h /www && echo ready && exec sleep 1000';
    await host.detached('web', serve, '--network', 'back');
    await host.kept.untilLogged('web', 'ready');
    await host.detached('con', 'echo ready; exec sleep 1000', '--network', 'inside');
    await host.kept.untilLogged('con', 'ready');
    const before = { links: await links(), leases: leases() };
    expect(await inside('ip', 'route')).not.toContain('default');
    expect(await host.tsrun('network', 'connect', '--ip', '10.99.2.77', '--alias', 'cee', 'back', 'con')).toMatchObject(
      {
        stdout: '',
        stderr: '',
        exitCode: 0,
      },
    );
    expect(await inside('wget', '-qO-', 'http://web/')).toBe('hello');
    expect(await inside('ip', 'route')).toContain('default via 10.99.2.1 dev eth1');
    expect(await inside('ip', '-6', '-o', 'addr', 'show', 'eth1')).toMatch(/fd00:99:2::\S+\/64/);
    expect(await host.out('exec', 'web', 'ping', '-c', '1', '-W', '60', 'cee')).toContain('10.99.2.77');
    expect(await host.out('inspect', '-f', '{{.NetworkSettings.Networks.back.IPAddress}}', 'con')).toBe('10.99.2.77');
    // It may send as itself alone, there too.
    expect(await host.text('nft', 'list', 'table', 'bridge', await ownTable())).toContain('10.99.2.77');

    await host.out('network', 'disconnect', 'back', 'con');
    expect({ links: await links(), leases: leases() }).toEqual(before);
    expect(await inside('ls', '/sys/class/net')).not.toContain('eth1');
    expect(await host.out('exec', 'web', 'cat', '/etc/hosts')).not.toContain('cee');
    expect(await inside('cat', '/etc/hosts')).not.toContain('web');
    await host.out('rm', '-f', 'web', 'con');
  });

  const ownTable = async (): Promise<string> => {
    const [, name = ''] = /table bridge (\S+)/.exec(await host.text('nft', 'list', 'tables')) ?? [];
    return name;
  };

  test('has another way out when the one it had is taken away, and its ports go with their network', async () => {
    await host.detached(
      'con',
      'echo ready; exec sleep 1000',
      '--network',
      'front',
      '--network',
      'back',
      '-p',
      '8091:80',
    );
    await host.kept.untilLogged('con', 'ready');
    expect(await inside('ip', 'route')).toContain('default via 10.99.1.1 dev eth0');
    await host.out('network', 'disconnect', 'front', 'con');
    expect(await inside('ip', 'route')).toContain('default via 10.99.2.1 dev eth1');
    expect(await inside('ip', '-6', 'route')).toContain('default via fd00:99:2::1 dev eth1');
    expect(await host.out('port', 'con')).toBe('');
    await host.out('network', 'connect', 'inside', 'con');
    expect(await inside('ip', '-o', 'addr', 'show', 'eth0')).toContain('10.99.3.2/24');
    await host.out('restart', '-t', '0', 'con');
    // As it is written down: the first network is eth0.
    const addresses = await inside('ip', '-o', '-4', 'addr');
    expect(addresses).toMatch(/eth0 +inet 10\.99\.2\.2\/24/);
    expect(addresses).toMatch(/eth1 +inet 10\.99\.3\.2\/24/);
    await host.out('network', 'disconnect', 'back', 'con');
    await host.out('network', 'disconnect', 'inside', 'con');
    expect(await inside('ls', '/sys/class/net')).toBe('lo');
    await host.out('restart', '-t', '0', 'con');
    expect(await inside('ls', '/sys/class/net')).toBe('lo');
    await host.out('rm', '-f', 'con');
    expect(leases()).toEqual([]);
    expect(await links()).toBe('lo');
  });

  test('is refused what cannot be, with nothing left', async () => {
    await host.detached('con', 'echo ready; exec sleep 1000', '--network', 'front');
    await host.detached('alone', 'exec sleep 1000', '--network', 'none');
    const before = { links: await links(), leases: leases() };
    for (const [args, error] of [
      [['connect', 'front', 'con'], /connected with it already/],
      [['connect', 'back', 'alone'], /--network none, which goes with no other/],
      [['connect', 'nowhere', 'con'], /no such network: nowhere/],
      [['connect', 'back', 'nobody'], /no such container: nobody/],
      [['connect', '--ip', '10.99.1.9', 'back', 'con'], /not in a subnet of the network "back"/],
      [['connect', '--ip', '10.99.2.1', 'back', 'con'], /the bridge of the network "back" has it/],
      [['connect', '--ip', 'x', 'back', 'con'], /not an IPv4 address/],
      [['disconnect', 'back', 'con'], /not connected with it/],
    ] as const) {
      const { stderr, exitCode } = await host.tsrun('network', ...args);
      expect({ args, stderr, exitCode }).toEqual({
        args,
        stderr: expect.stringMatching(error),
        exitCode: expect.any(Number),
      });
      expect(exitCode).not.toBe(0);
    }
    expect({ links: await links(), leases: leases() }).toEqual(before);
    await host.out('rm', '-f', 'con', 'alone');
  });
});

test('a container that does not run has the other networks from its next start on', async () => {
  await host.out('create', '-q', '--name', 'con', '--network', 'front', busybox, 'sh', '-c', 'ip -o -4 addr');
  await host.out('network', 'connect', '--ip', '10.99.2.8', 'back', 'con');
  await host.out('network', 'disconnect', 'front', 'con');
  expect(leases()).toEqual([]);
  const out = await host.out('start', '-a', 'con');
  expect(out).toContain('10.99.2.8/24');
  expect(out).not.toContain('10.99.1.');
  await host.out('rm', 'con');
});

test('fifty connects and disconnects side by side leave what was there before', async () => {
  await host.detached('con', 'echo ready; exec sleep 1000', '--network', 'front');
  await host.kept.untilLogged('con', 'ready');
  const before = { links: await links(), leases: leases(), rules: await host.text('nft', 'list', 'ruleset') };
  const kept = (): string =>
    readFileSync(
      join(
        host.kept.home.store,
        'containers',
        readdirSync(join(host.kept.home.store, 'containers'))[0] ?? '',
        'kept.json',
      ),
      'utf8',
    );
  const file = kept();
  const verbs = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 'connect' : 'disconnect'));
  const outcomes = await Promise.all(verbs.map((verb) => host.tsrun('network', verb, 'back', 'con')));
  for (const { stderr, exitCode } of outcomes)
    if (exitCode !== 0) expect(stderr).toMatch(/^tsrun: cannot (dis)?connect/);
  await host.tsrun('network', 'disconnect', 'back', 'con');
  expect({ links: await links(), leases: leases(), rules: await host.text('nft', 'list', 'ruleset') }).toEqual(before);
  expect(JSON.parse(kept()).request.network.endpoints).toEqual(JSON.parse(file).request.network.endpoints);
  await host.out('rm', '-f', 'con');
});
