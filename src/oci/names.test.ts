import { describe, expect, it } from 'vitest';
import { capabilitiesUpTo, capabilityMask, capabilityName, capabilityNames, capabilityNumber } from './capabilities.ts';
import { defaultCapabilities } from './defaults.ts';
import { rlimInfinity, rlimitFromJson, rlimitNumber, rlimitSpecName, rlimitToJson } from './rlimits.ts';
import { signalName, signalNumber } from './signals.ts';

describe('capabilities', () => {
  it('have the kernel’s numbers', () => {
    // Spot checks against linux/capability.h: a missing name would shift all that follow.
    const known = { CAP_CHOWN: 0, CAP_SETPCAP: 8, CAP_SYS_ADMIN: 21, CAP_MKNOD: 27, CAP_SETFCAP: 31, CAP_BPF: 39 };
    for (const [name, number] of Object.entries(known)) expect(capabilityNumber(name)).toBe(number);
    expect(capabilityNames).toHaveLength(41);
    expect(capabilityName(40)).toBe('CAP_CHECKPOINT_RESTORE');
    expect(capabilityName(57)).toBe('CAP_57');
  });
  it('become a mask', () => {
    expect(capabilityMask(defaultCapabilities)).toBe(0xa80425fbn);
    expect(capabilityMask(capabilitiesUpTo(40))).toBe((1n << 41n) - 1n);
    expect(() => capabilityMask(['CAP_NOPE'])).toThrow(RangeError);
    expect(capabilityNumber('SYS_ADMIN')).toBeNull();
  });
});

describe('resource limits', () => {
  it('are found by both spellings', () => {
    expect([rlimitNumber('nofile'), rlimitNumber('RLIMIT_RTTIME'), rlimitNumber('files')]).toEqual([7, 15, null]);
    expect(rlimitSpecName(7)).toBe('RLIMIT_NOFILE');
  });
  it('without limit survive JSON, which has no 64-bit integers', () => {
    expect(rlimitFromJson(JSON.parse('18446744073709551615') as number)).toBe(rlimInfinity);
    expect(rlimitFromJson(-1)).toBe(rlimInfinity);
    expect(rlimitFromJson(1024)).toBe(1024n);
    expect(rlimitFromJson(rlimitToJson(rlimInfinity))).toBe(rlimInfinity);
    expect(rlimitFromJson(rlimitToJson(-1n))).toBe(rlimInfinity);
  });
});

describe('signals', () => {
  it('are read in every usual spelling', () => {
    expect(['TERM', 'sigterm', '15', 'SIGRTMIN+3', 'RTMAX-1', 'SIGRTMIN', 'CLD'].map(signalNumber)).toEqual([
      15, 15, 15, 37, 63, 34, 17,
    ]);
    expect(['0', '65', 'RTMIN-1', 'RTMAX+1', 'NOPE', '', 'RTMIN+'].map(signalNumber)).toEqual(Array(7).fill(null));
  });
  it('have one name each, which reads back', () => {
    for (let number = 1; number <= 64; number++) {
      if (number !== 32 && number !== 33) expect(signalNumber(signalName(number))).toBe(number);
    }
    expect(signalName(31)).toBe('SIGSYS');
    expect(signalName(32)).toBe('signal 32');
  });
});
