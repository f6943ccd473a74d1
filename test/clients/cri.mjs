// What the kubelet asks of containerd for a pod with a runtimeClassName, one call after the other, and the answers in words.
//
//   cri.mjs SOCKET HANDLER GROUP IMAGE DIRECTORY NETWORK     NETWORK: host or pod; logs go below DIRECTORY
//
// Fields have the numbers of the interface, runtime.v1 of Kubernetes (pkg/apis/runtime/v1/api.proto of kubernetes/cri-api).
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [socket, handler, group, image, directory, network] = process.argv.slice(2);

// ---- protobuf: numbers, texts and messages are all there is.
function varint(number) {
  const bytes = [];
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A message of [field, value] pairs. */
function message(...fields) {
  return Buffer.concat(
    fields.flatMap(([field, value]) => {
      if (typeof value === 'number') return [varint(field * 8), varint(value)];
      const bytes = Buffer.from(value);
      return [varint(field * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

/** The last value of each field: a number, or bytes. */
function parsed(bytes) {
  const fields = new Map();
  let at = 0;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = number();
    const value = number();
    fields.set(Math.floor(key / 8), key % 8 === 0 ? value : bytes.subarray(at, at + value));
    if (key % 8 === 2) at += value;
  }
  const bytesOf = (field) => fields.get(field) ?? Buffer.alloc(0);
  return {
    number: (field) => fields.get(field) ?? 0,
    text: (field) => bytesOf(field).toString(),
    message: (field) => parsed(bytesOf(field)),
  };
}

// ---- gRPC: a message behind five bytes, the status in the trailers.
const session = connect('http://localhost', { createConnection: () => connectSocket(socket) });

function call(method, ...fields) {
  const request = message(...fields);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(request.length, 1);
  const stream = session.request({
    ':method': 'POST',
    ':path': `/runtime.v1.RuntimeService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  return new Promise((resolve, reject) => {
    const parts = [];
    const status = {};
    stream.on('response', (headers) => Object.assign(status, headers));
    stream.on('trailers', (trailers) => Object.assign(status, trailers));
    stream.on('data', (part) => parts.push(part));
    stream.on('error', reject);
    stream.on('end', () => {
      const code = Number(status['grpc-status'] ?? 2);
      if (code === 0) resolve(parsed(Buffer.concat(parts).subarray(5)));
      else reject(Object.assign(new Error(decodeURIComponent(status['grpc-message'] ?? '')), { code }));
    });
    stream.end(Buffer.concat([head, request]));
  });
}

const say = (...words) => process.stdout.write(`${words.join(' ')}\n`);
const failure = (promise) =>
  promise.then(
    () => 'no error',
    ({ code }) => `error ${code}`,
  );
const states = ['created', 'running', 'exited', 'unknown'];

const sandboxConfig = message(
  [1, message([1, 'pod'], [2, 'uid'], [3, 'default'])],
  ...(network === 'pod' ? [[2, 'web']] : []),
  [3, directory],
  // Namespaces: 2 is the host's, 1 the container's own.
  [8, message([1, group], [2, message([1, message([1, network === 'host' ? 2 : 0], [2, 1])])])],
);
const pod = (await call('RunPodSandbox', [1, sandboxConfig], [2, handler])).text(1);
const sandbox = (await call('PodSandboxStatus', [1, pod])).message(1);
say(
  'sandbox',
  sandbox.number(3) === 0 ? 'ready' : 'not ready',
  sandbox.text(9) === handler,
  sandbox.message(5).text(1).replace(/\d+$/, 'N'),
);

async function container(name, command, ...security) {
  const linux = message([1, message([5, 900])], [2, message(...security)]);
  const config = message(
    [1, message([1, name])],
    [2, message([1, image])],
    ...command.map((word) => [3, word]),
    [6, message([1, 'A'], [2, 'b'])],
    [11, `${name}.log`],
    [15, linux],
  );
  return (await call('CreateContainer', [1, pod], [2, config], [3, sandboxConfig])).text(1);
}

async function untilState(id, wanted) {
  for (;;) {
    const status = (await call('ContainerStatus', [1, id])).message(1);
    if (states[status.number(3)] === wanted) return `${wanted} ${status.number(7)} ${status.text(10)}`;
    await sleep(50);
  }
}

const log = (name) =>
  readFileSync(join(directory, `${name}.log`), 'utf8')
    .replace(/^\S+ /gm, '')
    .split('\n')
    .sort()
    .join('\n');

const script =
  'echo hello from $(hostname); id; echo $A; echo err >&2; cat /proc/self/oom_score_adj; trap "exit 3" TERM; touch /tmp/ready; while :; do sleep 0.1; done';
const one = await container(
  'one',
  ['sh', '-c', network === 'host' ? script.replace('$(hostname)', 'the host') : script],
  [5, message([1, 1000])],
  [12, message([1, 1001])],
  [8, 7],
  [11, 1],
  [13, '/proc/kcore'],
  [14, '/proc/sys'],
  [15, message([1, 0])],
);
await call('StartContainer', [1, one]);
say('one', await untilState(one, 'running'));
const words = [
  'sh',
  '-c',
  'until test -e /tmp/ready; do sleep 0.1; done; echo inside; grep -E "NoNewPrivs|Seccomp:|CapEff" /proc/self/status; touch /x; exit 5',
];
const inside = await call('ExecSync', [1, one], ...words.map((word) => [2, word]), [3, 100]);
say('exec', inside.number(3), inside.text(1), inside.text(2));
say('exec of what is not there', await failure(call('ExecSync', [1, one], [2, 'nothing-of-the-kind'], [3, 100])));
await call('StopContainer', [1, one], [2, 100]);
say('one', await untilState(one, 'exited'));
say(log('one'));

const two = await container('two', ['sh', '-c', 'touch /x; ls /sys/class/net'], [7, 1]);
await call('StartContainer', [1, two]);
say('two', await untilState(two, 'exited'), log('two'));

const three = await container('three', ['nothing-of-the-kind']);
say('three', await failure(call('StartContainer', [1, three])), await untilState(three, 'exited'));

for (const id of [one, two, three]) await call('RemoveContainer', [1, id]);
await call('StopPodSandbox', [1, pod]);
await call('RemovePodSandbox', [1, pod]);
const left = [await call('ListPodSandbox'), await call('ListContainers')];
say(
  'left',
  left.map((each) => each.text(1)),
);
session.close();
