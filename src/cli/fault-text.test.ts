import { expect, test } from 'vitest';
import { parseFault } from '../container/request/network-fault.ts';
import { faultText } from './fault-text.ts';

test.each([
  [{ cut: true }, 'cut: nothing comes or goes'],
  [{ clear: true }, null],
  [{ rate: '8mbit' }, 'slow: no more than 8mbit comes to it'],
  [{ latency: '100ms', jitter: '20ms', loss: '1%' }, 'late by 100ms more or less by 20ms, 1% lost'],
  [{ latency: '1.5s', rate: '500kbit' }, 'late by 1.5s, no more than 500kbit'],
  [{ loss: '0.5%' }, '0.5% lost'],
])('%j is told as it was asked for', (flags, said) => expect(faultText(parseFault(flags))).toBe(said));
