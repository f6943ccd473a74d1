/** The socket `attach` of a running container: what it prints, and what is typed. The other end is native/monitor/attach.cc. */
import { addon } from './addon.ts';
import { ByteWriter } from './byte-writer.ts';

/** What one packet may carry, kMaxInput there. */
export const mostInput = 8192;

export interface AttachEvents {
  /** The monitor has taken us in: what is printed from now on comes here. */
  attached(): void;
  output(stream: 1 | 2, bytes: Buffer): void;
  /** This many bytes of output were not kept for us: we were too slow. */
  missed(bytes: number): void;
  /** What was sent last is in the container. */
  inputTaken(): void;
  /** PID 1 has ended. */
  exited(waitStatus: number): void;
  closed(): void;
}

export interface AttachSocket {
  /** At most {@link mostInput} bytes, and the next only after `inputTaken`. */
  input(bytes: Uint8Array): void;
  /** There will be no more input. */
  inputEnd(): void;
  resize(rows: number, columns: number): void;
  /** Nothing more is read; the monitor counts what we miss. */
  pause(): void;
  resume(): void;
  close(): void;
}

const headSize = 32;
const numbers = { input: 38, inputEnd: 39, resize: 40 } as const;

const head = (type: number, argument: number): ByteWriter =>
  new ByteWriter().u32(type).u32(0).i32(0).u32(0).u64(BigInt(argument)).u64(0n);

/** @throws Error with `errno`: ENOENT, nobody can attach to it; ECONNREFUSED, its monitor was killed */
export function connectAttach(path: string, events: AttachEvents): AttachSocket {
  const channel = addon().connectPackets(
    path,
    (packet) => deliver(packet, events),
    () => events.closed(),
  );
  return {
    input: (bytes) => void channel.send(head(numbers.input, 0).raw(bytes).bytes()),
    inputEnd: () => void channel.send(head(numbers.inputEnd, 0).bytes()),
    resize: (rows, columns) => void channel.send(head(numbers.resize, rows * 0x1_0000 + columns).bytes()),
    pause: () => channel.pause(),
    resume: () => channel.resume(),
    close: () => channel.close(),
  };
}

function deliver(packet: Buffer, events: AttachEvents): void {
  if (packet.length < headSize) throw new Error(`a message of ${packet.length} bytes came from the monitor`);
  switch (packet.readUInt32LE(0)) {
    case 6:
      events.exited(Number(packet.readBigUInt64LE(16)));
      break;
    case 15:
      events.output(packet.readUInt32LE(4) === 2 ? 2 : 1, packet.subarray(headSize));
      break;
    case 16:
      events.missed(Number(packet.readBigUInt64LE(16)));
      break;
    case 17:
      events.inputTaken();
      break;
    case 19:
      events.attached();
      break;
    default:
      throw new Error(`a message of unknown type ${packet.readUInt32LE(0)} came from the monitor`);
  }
}
