import { describe, expect, it } from 'vitest';
import { defaultDeviceRules } from '../oci/defaults.ts';
import type { OciDeviceRule } from '../oci/resources.ts';
import { deviceProgram } from './device-rules.ts';

interface Access {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  readonly access: string;
}

/** Runs the program as the kernel does, with the few instructions that it uses; anything else is an error. */
function allowed(rules: readonly OciDeviceRule[], { type, major, minor, access }: Access): boolean {
  const program = deviceProgram(rules);
  const code = new DataView(program.buffer);
  const bits = [...access].reduce((mask, letter) => mask | { m: 1, r: 2, w: 4 }[letter as 'm' | 'r' | 'w'], 0);
  const context = [(bits << 16) | (type === 'b' ? 1 : 2), major, minor];
  const registers = new Array<number>(11).fill(Number.NaN);
  for (let at = 0, steps = 0; steps < 10_000; at++, steps++) {
    const opcode = code.getUint8(at * 8);
    const target = code.getUint8(at * 8 + 1) & 15;
    const offset = code.getInt16(at * 8 + 2, true);
    const value = code.getInt32(at * 8 + 4, true);
    const held = registers[target] ?? 0;
    if (opcode === 0x95) return registers[0] === 1;
    if (opcode === 0x61) registers[target] = context[offset / 4] ?? Number.NaN;
    else if (opcode === 0xb7) registers[target] = value;
    else if (opcode === 0x54) registers[target] = (held & value) >>> 0;
    else if (opcode === 0x74) registers[target] = held >>> value;
    else if (opcode === 0x55) at += held !== value ? offset : 0;
    else if (opcode === 0x45) at += (held & value) !== 0 ? offset : 0;
    else if (opcode === 0x05) at += offset;
    else throw new Error(`opcode ${opcode.toString(16)} at ${at}`);
  }
  throw new Error('the program does not end');
}

const deny: OciDeviceRule = { allow: false, access: 'rwm' };
const disk = (access: string): Access => ({ type: 'b', major: 8, minor: 1, access });
const nul = (access: string): Access => ({ type: 'c', major: 1, minor: 3, access });

describe('a device program', () => {
  it('denies what no rule matches', () => {
    expect(allowed([], nul('r'))).toBe(false);
    expect(allowed([{ allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' }], disk('r'))).toBe(false);
  });
  it('lets the last matching rule decide', () => {
    expect(allowed([{ allow: true }, deny], nul('r'))).toBe(false);
    expect(allowed([deny, { allow: true }], nul('rwm'))).toBe(true);
    expect(allowed([deny, { allow: true }, { allow: false, type: 'b' }], disk('r'))).toBe(false);
    expect(allowed([deny, { allow: true }, { allow: false, type: 'b' }], nul('r'))).toBe(true);
  });
  it('judges each access by itself', () => {
    const split: OciDeviceRule[] = [
      deny,
      { allow: true, type: 'b', access: 'r' },
      { allow: true, major: 8, access: 'w' },
    ];
    expect(allowed(split, disk('rw'))).toBe(true);
    expect(allowed(split, disk('rwm'))).toBe(false);
    // Denying writes denies opening for both.
    expect(allowed([{ allow: true }, { allow: false, type: 'b', access: 'w' }], disk('rw'))).toBe(false);
    expect(allowed([{ allow: true }, { allow: false, type: 'b', access: 'w' }], disk('r'))).toBe(true);
  });
  it('takes -1 and absence as any number', () => {
    expect(allowed([{ allow: true, type: 'c', major: -1, minor: 3 }], nul('r'))).toBe(true);
    expect(allowed([{ allow: true, type: 'a' }], disk('m'))).toBe(true);
  });
  it('compares numbers above 2^31 as the kernel does not', () => {
    // Minor numbers have 20 bits: no rule with more can ever match.
    expect(allowed([{ allow: true, type: 'c', major: 1, minor: 0x8000_0003 }], nul('r'))).toBe(false);
  });
  it('lets a container use its own nodes and make others without using them', () => {
    const rules = [deny, ...defaultDeviceRules];
    expect(allowed(rules, nul('rwm'))).toBe(true);
    expect(allowed(rules, { type: 'c', major: 136, minor: 7, access: 'rw' })).toBe(true);
    expect(allowed(rules, disk('m'))).toBe(true);
    for (const access of ['r', 'w', 'rw', 'rm']) expect(allowed(rules, disk(access))).toBe(false);
    expect(allowed(rules, { type: 'c', major: 10, minor: 232, access: 'rw' })).toBe(false);
  });
  it('has no instruction that nothing reaches', () => {
    // The verifier refuses those; everything before a rule for all devices is dead.
    const short = deviceProgram([{ allow: true, type: 'c' }, deny]);
    expect(short).toEqual(deviceProgram([deny]));
  });
  it('refuses words that mean nothing', () => {
    expect(() => deviceProgram([{ allow: true, type: 'x' }])).toThrow('not a type of device');
    expect(() => deviceProgram([{ allow: true, access: 'rx' }])).toThrow('not an access');
  });
});
