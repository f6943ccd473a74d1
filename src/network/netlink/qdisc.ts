/** Queueing disciplines of an interface, what it does with the packets that leave by it: tc-netem(8), tc-tbf(8), linux/pkt_sched.h. */
import { attributesOf, readU32 } from './answer.ts';
import { encodeAttributes, type NetlinkMessage, nlmAck, nlmCreate, nlmExclusive, u32 } from './message.ts';

const rtmNewQdisc = 36;
const rtmDelQdisc = 37;
const rtmGetQdisc = 38;
const root = 0xffff_ffff;
const tcaKind = 1;
const tcaOptions = 2;

/** struct tcmsg: family, padding, index of the interface, handle (the kernel chooses one), parent, information. */
const body = (index: number): Uint8Array => Buffer.concat([u32(0), u32(index), u32(0), u32(root), u32(0)]);

/** ENOENT, EINVAL: it has none but the one that every interface has. */
export const deleteQdisc = (index: number): NetlinkMessage => ({
  type: rtmDelQdisc,
  flags: nlmAck,
  body: body(index),
  attributes: [],
});

/** Those of all interfaces: older kernels do not ask which. */
export const listQdiscs: NetlinkMessage = {
  type: rtmGetQdisc,
  // NLM_F_DUMP
  flags: 0x300,
  body: body(0),
  attributes: [],
};

const newQdisc = (index: number, kind: string, options: Uint8Array): NetlinkMessage => ({
  type: rtmNewQdisc,
  flags: nlmAck | nlmCreate | nlmExclusive,
  body: body(index),
  attributes: [
    [tcaKind, kind],
    [tcaOptions, options],
  ],
});

export interface Netem {
  readonly latencyNanoseconds: number;
  readonly jitterNanoseconds: number;
  /** Of all packets, 0 to 1. */
  readonly loss: number;
  /** Bytes per second; null: as fast as they come. */
  readonly rate: number | null;
}

/** Packets that may wait at a time: 100 ms of 1 Gbit/s are 8,300 full ones. */
const netemLimit = 20_000;
const netemRate = 6;
const netemRate64 = 8;
const netemLatency64 = 10;
const netemJitter64 = 11;

/** ENOENT: the kernel has no sch_netem. */
export function newNetem(index: number, { latencyNanoseconds, jitterNanoseconds, loss, rate }: Netem): NetlinkMessage {
  // struct tc_netem_qopt: latency and jitter in ticks of the kernel's (the attributes below have them in nanoseconds), limit,
  // loss as a fraction of 2^32, gap, duplicates.
  const lost = Math.min(0xffff_ffff, Math.round(loss * 0xffff_ffff));
  const options = Buffer.concat([u32(0), u32(netemLimit), u32(lost), u32(0), u32(0), u32(0)]);
  const attributes = encodeAttributes([
    [netemLatency64, u64(latencyNanoseconds)],
    [netemJitter64, u64(jitterNanoseconds)],
    // struct tc_netem_rate: rate, and three numbers about overheads of packets and cells.
    ...(rate === null
      ? []
      : ([
          [netemRate64, u64(rate)],
          [netemRate, Buffer.concat([low(rate), new Uint8Array(12)])],
        ] as const)),
  ]);
  return newQdisc(index, 'netem', Buffer.concat([options, attributes]));
}

/** What the kernel says of one: options as in {@link newNetem}. */
export function parseNetem(options: Buffer): Netem {
  // struct tc_netem_qopt has six words, the third is the loss.
  const attributes = new Map(attributesOf(options.subarray(24)));
  const rate = attributes.get(netemRate64) ?? attributes.get(netemRate);
  return {
    latencyNanoseconds: numberIn(attributes.get(netemLatency64)),
    jitterNanoseconds: numberIn(attributes.get(netemJitter64)),
    loss: options.length < 12 ? 0 : readU32(options, 8) / 0xffff_ffff,
    rate: rate === undefined ? null : numberIn(rate),
  };
}

/** Of eight bytes, or of four at the head of a struct. */
function numberIn(bytes: Buffer | undefined): number {
  if (bytes === undefined || bytes.length < 4) return 0;
  if (bytes.length !== 8) return readU32(bytes, 0);
  const words = [readU32(bytes, 0), readU32(bytes, 4)];
  const [low = 0, high = 0] = isLittle ? words : words.toReversed();
  return high * 2 ** 32 + low;
}

const isLittle = u32(1)[0] === 1;

const tbfParameters = 1;
const tbfRate64 = 4;
const tbfBurst = 6;
const ethernet = 1;

/**
 * A bucket that fills at a rate. ENOENT: the kernel has no sch_tbf.
 *
 * @param rate bytes per second
 */
export function newTokenBucket(index: number, rate: number): NetlinkMessage {
  // At once what comes in 10 ms, and two full packets at least; what waits longer than 400 ms is dropped.
  const burst = Math.max(Math.ceil(rate / 100), 3200);
  const limit = Math.ceil(rate * 0.4) + burst;
  // struct tc_ratespec: logarithm of a cell, link layer, overhead, alignment, smallest packet, rate.
  const ratespec = (bytes: Uint8Array): Uint8Array =>
    Buffer.concat([Uint8Array.of(0, ethernet, 0, 0, 0, 0, 0, 0), bytes]);
  // struct tc_tbf_qopt: rate, peak rate (none), limit in bytes, bucket and largest packet in ticks, which the attribute says in bytes.
  const options = Buffer.concat([
    ratespec(low(rate)),
    new Uint8Array(12),
    u32(Math.min(limit, 0xffff_ffff)),
    u32(0),
    u32(0),
  ]);
  return newQdisc(
    index,
    'tbf',
    encodeAttributes([
      [tbfParameters, options],
      [tbfBurst, u32(Math.min(burst, 0xffff_ffff))],
      [tbfRate64, u64(rate)],
    ]),
  );
}

/** @returns its rate, bytes per second; 0: it says none */
export function parseTokenBucket(options: Buffer): number {
  const attributes = new Map(attributesOf(options));
  const rate64 = attributes.get(tbfRate64);
  if (rate64 !== undefined) return numberIn(rate64);
  // struct tc_ratespec, at the head of struct tc_tbf_qopt: two words and the rate.
  const parameters = attributes.get(tbfParameters);
  return parameters === undefined || parameters.length < 12 ? 0 : readU32(parameters, 8);
}

/** What 32 bits hold of a rate; an attribute of 64 has all of it. */
const low = (rate: number): Uint8Array => u32(Math.min(rate, 0xffff_ffff));

function u64(value: number): Uint8Array {
  const whole = BigInt(Math.round(value));
  const words = [u32(Number(whole & 0xffff_ffffn)), u32(Number(whole >> 32n))];
  return Buffer.concat(isLittle ? words : words.toReversed());
}
