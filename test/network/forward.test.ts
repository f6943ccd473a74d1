/** Ports at ::1, which no rule leads to a container: a process passes on what comes. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const test = requires('root');

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());

/** Gives back what it is sent. */
const echo =
  'nc -ll -p 80 -e cat & until grep -q ":0050 .* 0A " /proc/net/tcp /proc/net/tcp6; do :; done; echo ready; wait';

/** Sends bytes, ends its side, and reads until the other one ends. */
const exchange = (port: number, size: number): string => `
import hashlib, os, socket, threading
s = socket.create_connection(('::1', ${port}), 60)
data = os.urandom(${size})
def send():
    s.sendall(data); s.shutdown(socket.SHUT_WR)
t = threading.Thread(target=send); t.start()
h = hashlib.sha256(); n = 0
while chunk := s.recv(65536): h.update(chunk); n += len(chunk)
t.join()
print(n, h.digest() == hashlib.sha256(data).digest())
`;
const ask = (port: number): string => `
import socket
try: print(socket.create_connection(('::1', ${port}), 60).recv(1))
except ConnectionRefusedError: print('refused')
except ConnectionResetError: print('reset')
`;
const python = (script: string): Promise<string> => host.text('python3', '-c', script);

function forwarder(monitor: number): number {
  const children = readFileSync(`/proc/${monitor}/task/${monitor}/children`, 'utf8').trim().split(' ').map(Number);
  const found = children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'tsrun:forward\n');
  if (found === undefined) throw new Error('there is no forwarder');
  return found;
}

/** It has its name before it has executed, and its filter last. */
async function confined(pid: number): Promise<string> {
  for (;;) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (/^Seccomp:\s+2$/m.test(status)) return status;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function untilGone(pid: number): Promise<void> {
  while (readdirSync('/proc').includes(String(pid))) await new Promise((resolve) => setImmediate(resolve));
}

async function started(name: string, ...flags: readonly string[]): Promise<string> {
  const id = await host.detached(name, echo, ...flags);
  await host.kept.untilLogged(name, 'ready');
  return id;
}

/** The monitor names its child before it is a program of ours. */
async function forwarderOf(monitor: number): Promise<number> {
  for (;;) {
    try {
      return forwarder(monitor);
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('a port that is published where nobody says', () => {
  test('is reached at ::1 too, with many bytes both ways and each end told of by itself', async () => {
    await started('web', '-p', '8080:80');
    expect(await host.out('port', 'web')).toBe('80/tcp -> 127.0.0.1:8080\n80/tcp -> [::1]:8080');
    expect(await python(exchange(8080, 3_000_000))).toBe('3000000 True');
    const many = await Promise.all([1, 2, 3, 4].map((size) => python(exchange(8080, size))));
    expect(many).toEqual(['1 True', '2 True', '3 True', '4 True']);
    await host.out('rm', '-f', 'web');
    expect(await python(ask(8080))).toBe('refused');
  });

  test('ends a connection where nobody listens inside', async () => {
    await host.detached('deaf', 'exec sleep 1000', '-p', '[::1]:8081:80');
    expect(await host.out('port', 'deaf')).toBe('80/tcp -> [::1]:8081');
    expect(await python(ask(8081))).toBe('reset');
    await host.out('rm', '-f', 'deaf');
  });

  test('has a process that may do nothing else, and ends with its container or monitor', async () => {
    const id = await started('held', '-p', '8082:80');
    const pid = await forwarderOf(host.kept.monitorOf(id));
    const status = await confined(pid);
    expect(status).toMatch(/^Uid:(\s65534){4}$/m);
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^CapPrm:\s0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\d+/, 'N'));
    expect(files.toSorted()).toEqual([
      'anon_inode:[eventpoll]',
      'anon_inode:[pidfd]',
      'anon_inode:inotify',
      'socket:[N]',
    ]);
    await host.out('stop', '-t', '0', 'held');
    expect(readdirSync('/proc')).not.toContain(String(pid));
    await host.out('start', 'held');
    await host.kept.untilLogged('held', 'ready\nready');
    expect(await python(exchange(8082, 10))).toBe('10 True');
    const again = host.kept.monitorOf(id);
    const next = await forwarderOf(again);
    process.kill(again, 'SIGKILL');
    await untilGone(next);
    // Its port is free for the next one.
    await host.out('run', '-q', '--rm', '-p', '8082:80', busybox, 'true');
    await host.out('rm', '-f', 'held');
  });

  test('is deaf from the moment on when its network is taken away', async () => {
    await host.out('network', 'create', '--subnet', '10.99.31.0/24', 'front');
    const id = await started('cut', '--network', 'front', '-p', '8083:80');
    const pid = await forwarderOf(host.kept.monitorOf(id));
    await host.out('network', 'disconnect', 'front', 'cut');
    await untilGone(pid);
    expect(await python(ask(8083))).toBe('refused');
    await host.out('rm', '-f', 'cut');
    await host.out('network', 'rm', 'front');
  });

  test('is free at both addresses where nobody says which', async () => {
    await host.text('sysctl', '-qw', 'net.ipv4.ip_local_port_range=65532 65535');
    const script = `
import socket, sys
taken = [socket.create_server(('::1', port), family=socket.AF_INET6) for port in (65532, 65533, 65534)]
print('ready', flush=True)
sys.stdin.read()
`;
    const taken = host.start('python3', '-c', script);
    await taken.until('ready');
    await host.detached('free', 'exec sleep 1000', '-p', '80');
    expect(await host.out('port', 'free')).toBe('80/tcp -> 127.0.0.1:65535\n80/tcp -> [::1]:65535');
    await host.out('rm', '-f', 'free');
    taken.end();
    await taken.outcome;
    await host.text('sysctl', '-qw', 'net.ipv4.ip_local_port_range=32768 60999');
  });
});

describe('a port of UDP', () => {
  /** Says who asked, how many bytes, and answers twice. */
  const answering = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 53))
print('ready', flush=True)
while True:
    data, who = s.recvfrom(65535)
    if data == b'silent': continue
    s.sendto(data, who); s.sendto(b'%d' % len(data), who)
`;
  /** Each line asks by a socket of its own, unless it begins with "again". */
  const question = (port: number, body: string): string => `
import socket
def fresh():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.settimeout(60); s.connect(('::1', ${port})); return s
def ask(s, data):
    s.send(data); return s.recv(65535) == data and int(s.recv(65535)) == len(data)
${body}
`;

  test('is reached at ::1 too: each of many gets its own answers, of any size', async () => {
    await host.detached('names', 'exec sleep 1000', '-p', '5353:53/udp');
    expect(await host.out('port', 'names')).toBe('53/udp -> 127.0.0.1:5353\n53/udp -> [::1]:5353');
    // busybox has no program that answers datagrams: one of the host's, in the container's network.
    const pid = await host.out('inspect', '-f', '{{.State.Pid}}', 'names');
    const server = host.start('nsenter', '-t', pid, '-n', 'python3', '-c', answering);
    await server.until('ready');
    const all = `
sockets = [fresh() for _ in range(50)]
for n, s in enumerate(sockets): s.send(b'%d' % n * 3)
print(all(s.recv(99) == b'%d' % n * 3 and int(s.recv(99)) == len(b'%d' % n * 3) for n, s in enumerate(sockets)))
one = fresh()
print(ask(one, b''), ask(one, b'x' * 60000), ask(one, b'again'))`;
    expect(await python(question(5353, all))).toBe('True\nTrue True True');
    // More than are known at a time: the one that was silent for longest is forgotten, and everybody is served.
    const crowd = `
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (2048, 2048))
print(all([ask(fresh(), b'%d' % n) for n in range(1100)]))
first = fresh(); first.send(b'silent'); kept = []
for n in range(1100):
    s = fresh(); kept.append(s); assert ask(s, b'x')
print(ask(first, b'still served'))`;
    expect(await python(question(5353, crowd))).toBe('True\nTrue');
    server.signal('SIGTERM');
    await server.outcome;
    // Nobody listens: silence, and whoever listens then is heard.
    const nobody = `
s = fresh(); s.settimeout(0.2)
for _ in range(3):
    s.send(b'x')
    try: print(s.recv(9))
    except TimeoutError: print('silence')`;
    expect(await python(question(5353, nobody))).toBe('silence\nsilence\nsilence');
    const next = host.start('nsenter', '-t', pid, '-n', 'python3', '-c', answering);
    await next.until('ready');
    expect(await python(question(5353, "print(ask(fresh(), b'x'))"))).toBe('True');
    next.signal('SIGTERM');
    await next.outcome;
    await host.out('rm', '-f', 'names');
  });

  test('at ::1 alone is taken once, and free with its container', async () => {
    await host.detached('one', 'exec sleep 1000', '-p', '[::1]:5354:53/udp');
    const second = await host.tsrun('run', '-q', '--rm', '-p', '[::1]:5354:53/udp', busybox, 'true');
    expect(second.stderr).toMatch(/container [0-9a-f]{12} has it/);
    await host.out('rm', '-f', 'one');
    await host.out('run', '-q', '--rm', '-p', '[::1]:5354:53/udp', busybox, 'true');
  });
});
