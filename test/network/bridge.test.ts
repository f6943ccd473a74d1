/** Containers on networks of this machine, each test file's in a network namespace of its own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import type { Running } from '../support/tsrun.ts';

const test = requires('root', 'program-nft');

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());

/** A server of one word on port 80. */
const serve = (word: string): string =>
  `mkdir -p /www && echo ${word} > /www/index.html && httpd -p 80 -h /www && echo ready && exec sleep 1000`;

async function server(name: string, word: string, ...flags: readonly string[]): Promise<void> {
  await host.detached(name, serve(word), ...flags);
  await host.kept.untilLogged(name, 'ready');
}

/** Everything of ours that a host can see. */
async function traces(): Promise<string> {
  const leases = readdirSync(join(host.kept.home.state, 'networks'), { recursive: true }).filter(
    (name) => name !== '.ports',
  );
  const links = (await host.text('ip', '-brief', 'link')).replace(/ {2,}.*$/gm, '');
  return `${links}\n${await host.text('nft', 'list', 'ruleset')}\n${leases.join()}`;
}

/** The kernel takes away a namespace, and the interfaces in it, a moment after the last process has left it. */
async function untilNothing(): Promise<void> {
  for (let tries = 0; (await traces()) !== 'lo\n\n' && tries < 500; tries++);
  expect(await traces()).toBe('lo\n\n');
}

describe('a container on a bridge', () => {
  test('has an address, reaches the host by its gateway, and leaves nothing behind', async () => {
    await host.out('network', 'create', '--subnet', '10.99.1.0/24', 'front');
    const script = 'ip -4 -o addr show eth0; ip route; tail -n 1 /etc/hosts; ping -c 1 -W 60 10.99.1.1';
    const out = await host.out(
      'run',
      '-q',
      '--rm',
      '--network',
      'front',
      '--hostname',
      'box',
      busybox,
      'sh',
      '-c',
      script,
    );
    expect(out).toContain('inet 10.99.1.2/24');
    expect(out).toContain('default via 10.99.1.1 dev eth0');
    expect(out).toContain('10.99.1.2\tbox');
    expect(out).toContain('1 packets received');
    await untilNothing();
    await host.out('network', 'rm', 'front');
  });

  test('is found by its name and its aliases, as long as it runs', async () => {
    await host.out('network', 'create', 'names');
    await server('web', 'hello', '--network', 'name=names,alias=www');
    await host.detached('client', 'exec sleep 1000', '--network', 'names');
    const get = (name: string): Promise<string> => host.out('exec', 'client', 'wget', '-qO-', `http://${name}/`);
    expect(await get('web')).toBe('hello');
    expect(await get('www')).toBe('hello');
    await host.out('rename', 'web', 'site');
    expect(await get('site')).toBe('hello');
    await host.out('stop', '-t', '0', 'site');
    expect(await host.out('exec', 'client', 'cat', '/etc/hosts')).not.toMatch(/site|www/);
    await host.out('start', 'site');
    expect(await host.out('exec', 'client', 'cat', '/etc/hosts')).toMatch(/\tsite www /);
    await host.out('rm', '-f', 'site', 'client');
    await untilNothing();
    await host.out('network', 'rm', 'names');
  });

  test('is not reached from another network, nor from one that is internal', async () => {
    for (const [name, ...flags] of [['one'], ['two'], ['inside', '--internal']] as const) {
      await host.out('network', 'create', ...flags, name);
    }
    await server('web', 'hello', '--network', 'one');
    const address = await host.out('network', 'inspect', '-f', '{{range .Containers}}{{.IPv4Address}}{{end}}', 'one');
    const ip = address.replace(/\/.*/, '');
    await host.text('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    const ask = (seconds: number): string =>
      `if nc -w ${seconds} ${ip} 80 </dev/null; then echo reached; else echo not; fi`;
    const from = (network: string, seconds: number): Promise<string> =>
      host.out('run', '-q', '--rm', '--network', network, busybox, 'sh', '-c', ask(seconds));
    expect(await from('one', 60)).toBe('reached');
    expect(await from('two', 2)).toBe('not');
    expect(await from('inside', 2)).toBe('not');
    await host.out('rm', '-f', 'web');
    await untilNothing();
    await host.out('network', 'rm', 'one', 'two', 'inside');
  });

  test('that is killed with its command or loses its monitor leaves nothing after the next command', async () => {
    await host.out('network', 'create', 'front');
    const id = await host.detached('lost', 'exec sleep 1000', '--network', 'front', '-p', '8080:80');
    process.kill(host.kept.monitorOf(id), 'SIGKILL');
    // Its port is free for the next one.
    await host.out('run', '-q', '--rm', '--network', 'front', '-p', '8080:80', busybox, 'true');
    await host.out('rm', 'lost');
    await untilNothing();
    await host.out('network', 'rm', 'front');
  });

  test('gets an address and a port of its own when thirty start at once', async () => {
    await host.out('network', 'create', '--subnet', '10.99.2.0/24', 'many');
    const names = Array.from({ length: 30 }, (_, n) => `many-${n}`);
    await Promise.all(names.map((name) => host.detached(name, 'exec sleep 1000', '--network', 'many', '-p', '80')));
    const addresses = (
      await host.out('inspect', '--format', '{{.NetworkSettings.Networks.many.IPAddress}}', ...names)
    ).split('\n');
    expect(addresses.filter((address) => !address.startsWith('10.99.2.'))).toEqual([]);
    expect(new Set(addresses).size).toBe(30);
    const ports = (await host.out('ps', '--format', '{{.Ports}}')).split('\n').filter((line) => line !== '');
    expect(new Set(ports).size).toBe(30);
    await host.out('rm', '-f', ...names);
    await untilNothing();
    await host.out('network', 'rm', 'many');
  });

  test('knows its gateway by the same address on the wire, whoever else comes and goes', async () => {
    await host.out('network', 'create', '--subnet', '10.99.13.0/24', '-o', 'bridge=wire0', 'wire');
    const mac = async (): Promise<string> =>
      (await host.text('ip', '-brief', 'link', 'show', 'wire0')).split(/ +/)[2] ?? '';
    await host.detached('first', 'exec sleep 1000', '--network', 'wire');
    expect(await mac()).toBe('02:74:0a:63:0d:01');
    await host.detached('second', 'exec sleep 1000', '--network', 'wire');
    await host.out('rm', '-f', 'first');
    expect(await mac()).toBe('02:74:0a:63:0d:01');
    await host.out('rm', '-f', 'second');
    await untilNothing();
    await host.out('network', 'rm', 'wire');
  });

  test('has IPv6 too where the network has', async () => {
    await host.out('network', 'create', '--ipv6', '--subnet', 'fd00:99::/64', '--subnet', '10.99.3.0/24', 'both');
    const script = 'ip -6 -o addr show eth0 scope global; ping -c 1 -W 60 fd00:99::1';
    const out = await host.out('run', '-q', '--rm', '--network', 'both', busybox, 'sh', '-c', script);
    expect(out).toContain('inet6 fd00:99::2/64');
    expect(out).toContain('1 packets received');
    await untilNothing();
    await host.out('network', 'rm', 'both');
  });
});

describe('a container that may change its interface', () => {
  test('sends as itself alone: no other IP or MAC address, and nothing about a neighbour', async () => {
    await host.out('network', 'create', '--ipv6', '--subnet', 'fd00:98::/64', '--subnet', '10.99.8.0/24', 'front');
    await host.detached('victim', 'exec sleep 1000', '--network', 'front', '--ip', '10.99.8.5');
    await host.detached('rogue', 'exec sleep 1000', '--privileged', '--network', 'front', '--ip', '10.99.8.6');
    const rogue = async (script: string): Promise<string> =>
      host.out('exec', 'rogue', 'sh', '-c', `if { ${script}; } >/dev/null 2>&1; then echo yes; else echo no; fi`);
    await host.text('busybox', 'ping', '-c', '1', '-W', '5', '10.99.8.5');
    const known = (await host.text('ip', 'neigh', 'show', '10.99.8.5')).replace(/ \S+$/, '');
    expect(known).toContain('lladdr');
    expect(await rogue('ping -c 1 -W 5 10.99.8.1 && ping -c 1 -W 5 fd00:98::1')).toBe('yes');
    // Says that the victim's address is its own.
    await rogue('arping -U -c 2 -I eth0 -s 10.99.8.5 10.99.8.5');
    await rogue('arping -c 1 -w 1 -I eth0 -s 10.99.8.5 10.99.8.1');
    expect((await host.text('ip', 'neigh', 'show', '10.99.8.5')).replace(/ \S+$/, '')).toBe(known);
    expect(await rogue('ip addr add 10.99.8.5/32 dev eth0 && ping -c 1 -W 1 -I 10.99.8.5 10.99.8.1')).toBe('no');
    expect(await rogue('ip addr add fd00:98::66/128 dev eth0 nodad && ping -c 1 -W 1 -I fd00:98::66 fd00:98::1')).toBe(
      'no',
    );
    expect(await rogue('ip link set eth0 address 02:00:00:00:00:01 && ping -c 1 -W 1 10.99.8.1')).toBe('no');
    await host.out('rm', '-f', 'victim', 'rogue');
    await untilNothing();
    await host.out('network', 'rm', 'front');
  });
});

describe('--add-host NAME:host-gateway', () => {
  test('is the gateway of the network', async () => {
    await host.out('network', 'create', '--subnet', '10.99.10.0/24', 'front');
    const flags = ['--network', 'front', '--add-host', 'host.docker.internal:host-gateway'];
    expect(await host.out('run', '-q', '--rm', ...flags, busybox, 'cat', '/etc/hosts')).toContain(
      '10.99.10.1\thost.docker.internal',
    );
    await untilNothing();
    await host.out('network', 'rm', 'front');
  });
});

describe('a subnet at the end of all addresses', () => {
  test('is a network like others', async () => {
    await host.out('network', 'create', '--subnet', '255.255.255.0/24', 'last');
    expect(await host.out('run', '-q', '--rm', '--network', 'last', busybox, 'ip', '-4', '-o', 'addr')).toContain(
      '255.255.255.2/24',
    );
    await untilNothing();
    await host.out('network', 'rm', 'last');
  });
});

describe('a published port', () => {
  /** Says who asked, on standard error; ready when it listens on port 80, which is 50 in hexadecimal, and 0A is LISTEN. */
  const talkative = (word: string): string =>
    `mkdir -p /www && echo ${word} > /www/index.html && httpd -f -vv -p 80 -h /www &
     until cat /proc/net/tcp /proc/net/tcp6 | grep -q ":0050 .* 0A "; do sleep 0.01; done; echo ready; wait`;
  /** Those that the log tells of, which comes a moment after the answer. */
  async function askers(name: string): Promise<readonly string[]> {
    for (;;) {
      const { stderr } = await host.run(tsrunPath, 'logs', name);
      const found = [...stderr.matchAll(/^\[?(?:::ffff:)?([\d.]+)\]?:\d+: url/gm)];
      if (found.length > 0) return found.map(([, address]) => address ?? '');
    }
  }

  test('is reached at 127.0.0.1 when nobody says where, and the peer is the gateway', async () => {
    await host.out('network', 'create', '--subnet', '10.99.4.0/24', 'front');
    await host.detached('web', talkative('hello'), '--network', 'front', '-p', '8081:80');
    await host.kept.untilLogged('web', 'ready');
    expect(await host.text('wget', '-qO-', 'http://127.0.0.1:8081/')).toBe('hello');
    expect(await askers('web')).toEqual(['10.99.4.1']);
    expect(await host.out('port', 'web')).toBe('80/tcp -> 127.0.0.1:8081\n80/tcp -> [::1]:8081');
    const ps = (filter: string): Promise<string> => host.out('ps', '--filter', filter, '--format', '{{.Ports}}');
    expect(await ps('publish=80')).toBe('127.0.0.1:8081->80/tcp, [::1]:8081->80/tcp');
    expect(await ps('publish=81-90')).toBe('');
    const bound = '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}';
    expect(await host.out('inspect', '-f', bound, 'web')).toBe('8081');
    await host.out('rm', '-f', 'web');
    await untilNothing();
    await host.out('network', 'rm', 'front');
  });

  test('is reached from other machines where it says so, and sees who asks', async () => {
    const outside = await HostNetwork.make();
    try {
      await host.wireTo(outside);
      await outside.text('ip', 'route', 'add', '10.99.5.0/24', 'via', '192.0.2.1');
      await host.text('sysctl', '-qw', 'net.ipv4.ip_forward=1');
      await host.out('network', 'create', '--subnet', '10.99.5.0/24', 'front');
      const ports = ['-p', '0.0.0.0:8082:80', '-p', '8083:80'];
      await host.detached('web', talkative('hello'), '--network', 'front', ...ports);
      await host.kept.untilLogged('web', 'ready');
      expect(await outside.text('wget', '-qO-', 'http://192.0.2.1:8082/')).toBe('hello');
      expect(await askers('web')).toEqual(['192.0.2.2']);
      // Neither at a port of the loopback alone, nor past the published ones.
      for (const closed of ['192.0.2.1:8083', '10.99.5.2:80']) {
        const { exitCode } = await outside.run('wget', '-q', '-T', '2', '-t', '1', '-O-', `http://${closed}/`);
        expect(exitCode, closed).not.toBe(0);
      }
      // And out: with the address of this machine.
      const script = 'ping -c 1 -W 60 192.0.2.2';
      const out = await host.out('run', '-q', '--rm', '--network', 'front', busybox, 'sh', '-c', script);
      expect(out).toContain('1 packets received');
      await host.out('rm', '-f', 'web');
      await host.out('network', 'rm', 'front');
    } finally {
      await outside.dispose();
    }
    await untilNothing();
  });

  test('lets no container reach what listens on the loopback of the host (CVE-2020-8558)', async () => {
    await host.out('network', 'create', '--subnet', '10.99.6.0/24', 'front');
    await server('web', 'hello', '--network', 'front', '-p', '8084:80');
    const listener = host.start('python3', '-u', '-m', 'http.server', '--bind', '127.0.0.1', '9999');
    await listener.until('Serving');
    expect((await host.run('wget', '-qO-', 'http://127.0.0.1:9999/')).exitCode).toBe(0);
    const script = [
      'ip addr del 127.0.0.1/8 dev lo',
      'ip route flush table local 127.0.0.0/8',
      'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet',
      'ip route add 127.0.0.0/8 via 10.99.6.1 src 10.99.6.3',
      'if nc -w 2 127.0.0.1 9999 </dev/null; then echo reached; else echo not; fi',
    ].join('; ');
    const flags = ['--rm', '--privileged', '--network', 'front', '--ip', '10.99.6.3'];
    expect(await host.out('run', '-q', ...flags, busybox, 'sh', '-c', script)).toBe('not');
    listener.signal('SIGTERM');
    await listener.outcome;
    await host.out('rm', '-f', 'web');
    await untilNothing();
    await host.out('network', 'rm', 'front');
  });
});

describe('what cannot be is said in three lines, and nothing of it is left:', () => {
  const cases: readonly (readonly [claim: string, words: readonly string[], why: RegExp])[] = [
    ['an unknown network', ['run', '--network', 'nowhere', busybox, 'true'], /no such network: nowhere/],
    ['a subnet that overlaps', ['network', 'create', '--subnet', '10.99.7.128/25', 'x'], /overlaps with .* "taken"/],
    ['a name that is taken', ['network', 'create', 'taken'], /there is one of that name/],
    ['a subnet with bits behind it', ['network', 'create', '--subnet', '10.99.9.1/24', 'x'], /not a subnet/],
    [
      'a gateway elsewhere',
      ['network', 'create', '--subnet', '10.99.9.0/24', '--gateway', '10.1.1.1', 'x'],
      /not in the subnet/,
    ],
    [
      'an address that a container has',
      ['run', '--network', 'taken', '--ip', '10.99.7.2', busybox, 'true'],
      /another container has it/,
    ],
    [
      'the address of the gateway',
      ['run', '--network', 'taken', '--ip', '10.99.7.1', busybox, 'true'],
      /the bridge .* has it/,
    ],
    [
      'an address of another subnet',
      ['run', '--network', 'taken', '--ip', '10.1.1.1', busybox, 'true'],
      /not in a subnet/,
    ],
    [
      'a port that a container has',
      ['run', '--network', 'taken', '-p', '8085:80', busybox, 'true'],
      /container [0-9a-f]{12} has it/,
    ],
    [
      'a port that a program has',
      ['run', '--network', 'taken', '-p', '9998:80', busybox, 'true'],
      /a program of this machine listens there: python3, process \d+/,
    ],
    ['a port of SCTP at ::1', ['run', '--network', 'taken', '-p', '[::1]:1:80/sctp', busybox, 'true'], /IPv6 loopback/],
    [
      'a port without a network',
      ['run', '--network', 'none', '-p', '80:80', busybox, 'true'],
      /there is only the loopback/,
    ],
    ['removing one that is used', ['network', 'rm', 'taken'], /containers are connected with it/],
    ['removing the one that all share', ['network', 'rm', 'bridge'], /no such network|containers share/],
  ];
  let listener: Running;
  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    await host.out('network', 'create', '--subnet', '10.99.7.0/24', 'taken');
    await server('holder', 'hello', '--network', 'taken', '-p', '8085:80');
    listener = host.start('python3', '-u', '-m', 'http.server', '--bind', '127.0.0.1', '9998');
    await listener.until('Serving');
  });
  afterAll(async () => {
    if (process.getuid?.() !== 0) return;
    listener.signal('SIGTERM');
    await listener.outcome;
  });
  for (const [claim, words, why] of cases) {
    test(claim, async () => {
      const before = await traces();
      const { stderr, exitCode } = await host.tsrun(...words);
      const lines = stderr.split('\n').filter((line) => !line.includes('is not in force') && line !== '');
      expect(exitCode).not.toBe(0);
      expect(lines.join('\n')).toMatch(why);
      expect(lines).toHaveLength(3);
      for (let tries = 0; (await traces()) !== before && tries < 500; tries++);
      expect(await traces()).toBe(before);
    });
  }
});
