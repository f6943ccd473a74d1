import { expect, test } from 'vitest';
import { type FaultFlags, parseFault } from './network-fault.ts';

const netem = { latencyNanoseconds: 0, jitterNanoseconds: 0, loss: 0, rate: null };

test.each<[FaultFlags, ReturnType<typeof parseFault>]>([
  [{ cut: true }, { type: 'cut' }],
  [{ clear: true }, { type: 'none' }],
  [{ rate: '8kbit' }, { type: 'rate', rate: 1000 }],
  [{ rate: '1.5Gbit' }, { type: 'rate', rate: 187_500_000 }],
  [{ latency: '250us' }, { type: 'disturbed', netem: { ...netem, latencyNanoseconds: 250_000 } }],
  [
    { latency: '1s', jitter: '20ms', loss: '0.5%', rate: '10mbit' },
    { type: 'disturbed', netem: { latencyNanoseconds: 1e9, jitterNanoseconds: 2e7, loss: 0.005, rate: 1_250_000 } },
  ],
  [{ loss: '100' }, { type: 'disturbed', netem: { ...netem, loss: 1 } }],
])('%j', (flags, fault) => expect(parseFault(flags)).toEqual(fault));

test.each<[FaultFlags, string]>([
  [{}, 'no fault was given'],
  [{ cut: true, clear: true }, 'contradict'],
  [{ clear: true, rate: '1mbit' }, 'contradict'],
  [{ jitter: '1ms' }, '--jitter needs --latency'],
  [{ latency: '2h' }, 'for --latency'],
  [{ loss: '-1%' }, 'for --loss'],
  [{ rate: '10' }, 'for --rate'],
  [{ rate: '7kbit' }, 'for --rate'],
])('%j is refused', (flags, words) => expect(() => parseFault(flags)).toThrow(words));
