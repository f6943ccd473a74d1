/** `tsrun net`: the way of a packet, with names that the kernel knows. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { requires } from '../support/requires.ts';

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());

describe('the way out of a container on a bridge and in', () => {
  const test = requires('root', 'program-nft');

  test('is drawn with interfaces and rules that are there, and with what is in the way', async () => {
    await host.out('network', 'create', '--subnet', '10.99.1.0/24', 'front');
    await host.out('network', 'create', '--subnet', '10.99.2.0/24', '--internal', 'inside');
    await host.detached('other', 'exec sleep 1000', '--network', 'front');
    const ports = ['-p', '8093:80', '-p', '0.0.0.0:5353:53/udp'];
    await host.detached('web', 'exec sleep 1000', '--network', 'front', '--network', 'inside', ...ports);
    const text = await host.out('net', 'web');
    expect(text.replaceAll(/[0-9a-f]{2}(:[0-9a-f]{2}){5}/g, 'MAC').split('\n\n')).toEqual([
      'web on front: eth0 10.99.1.3, MAC, mtu 1500',
      expect.stringMatching(
        /^ {2}cable {2}eth0 inside, ve\S+ on the host .*\n {2}bridge .*10\.99\.1\.1\/24.*\n {2}sends .*\n {2}near {3}other: over the bridge, by name too.*\n {2}names {2}are answered at 10\.99\.1\.1, port 53 .*\n {2}out {4}by 10\.99\.1\.1, and no further: this machine has no default route .*\n {2}in {5}127\.0\.0\.1:8093 to 10\.99\.1\.3, port 80\/tcp .*\n {2}in {5}\[::1\]:8093 to 10\.99\.1\.3, port 80\/tcp .*\n {2}in {5}0\.0\.0\.0:5353 to 10\.99\.1\.3, port 53\/udp .*$/,
      ),
      'web on inside: eth1 10.99.2.2, MAC, mtu 1500',
      expect.stringMatching(
        /near {3}nobody else is on it.*\n {2}names {2}are answered at 10\.99\.2\.1, port 53 .*\n {2}out {4}to nobody else: the network is internal/,
      ),
    ]);
    // Every command that stands beside a line works here.
    const commands = [...text.matchAll(/ {2}((?:ip|nft) .*)$/gm)].map(([, command = '']) => command);
    expect(commands.length).toBeGreaterThan(8);
    for (const command of new Set(commands)) await host.text('sh', '-c', command);

    const path = JSON.parse(await host.out('net', '--format', 'json', 'web'));
    expect(path).toMatchObject({ type: 'bridges', bridges: [{ neighbours: ['other'], missing: [] }, {}] });
    // A machine with a way out that forwards nothing, and somebody's hand in it.
    await using outside = await HostNetwork.make();
    await host.wireTo(outside);
    await host.text('ip', 'route', 'add', 'default', 'via', '192.0.2.2');
    await host.text('sysctl', '-qw', 'net.ipv4.conf.up0.forwarding=0');
    await host.text('ip', 'link', 'delete', path.bridges[0].endpoint.hostName);
    await host.text('nft', 'add', 'table', 'ip', 'theirs');
    await host.text('nft', 'add chain ip theirs F { type filter hook forward priority 0; policy drop; }');
    const later = await host.out('net', 'web');
    expect(later).toMatch(/out {4}by 10\.99\.1\.1 to up0, with the address of this machine/);
    expect(later).toMatch(/but {4}ve\S+ is not there: somebody has removed it/);
    expect(later).toMatch(/but {4}up0 does not forward .*sysctl net\.ipv4\.conf\.up0\.forwarding/);
    expect(later).toMatch(/but {4}another firewall may drop it .*nft list chain ip theirs F/);
    await host.out('rm', '-f', 'web', 'other');
    expect((await host.tsrun('net', 'web')).stderr).toContain('no such container: web');
  });
});

describe('of a container without a bridge', () => {
  const test = requires();

  test('it says what there is instead', async () => {
    for (const [network, expected] of [
      ['none', 'lonely has its loopback alone: nothing gets out, and nothing in'],
      ['host', 'lonely has the network of this machine, as it is'],
    ] as const) {
      await host.detached('lonely', 'exec sleep 1000', '--network', network);
      expect(await host.out('net', 'lonely')).toBe(expected);
      await host.out('kill', 'lonely');
      await host.out('wait', 'lonely');
      expect(await host.out('net', 'lonely')).toBe('lonely does not run: nothing of it is on a network');
      await host.out('rm', 'lonely');
    }
    const { stderr, exitCode } = await host.tsrun('net', '--format', 'xml', 'lonely');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('it can be json');
  });

  requires('rootless', 'program-pasta')('it names pasta', async () => {
    await host.detached('past', 'exec sleep 1000', '--network', 'pasta', '-p', '8094:80');
    expect(await host.out('net', 'past')).toMatch(
      /^past is on no bridge: .*\n\n {2}out .*\n {2}in {5}127\.0\.0\.1:8094 to the container, by pasta, port 80\/tcp/,
    );
    await host.out('rm', '-f', 'past');
  });
});
