import { describe, expect, it } from 'vitest';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { defaultCapabilities } from '../defaults.ts';
import { defaultProfile } from './default-profile.ts';
import { enosysStub } from './enosys-stub.ts';
import { seccompFilter, seccompFlags } from './filter.ts';
import { parseSeccompProfile } from './parse-profile.ts';
import { resolveProfile, type SeccompSubject } from './resolve.ts';
import type { OciSeccomp } from './seccomp.ts';

const subject: SeccompSubject = { capabilities: new Set(defaultCapabilities), machine: 'x64', kernel: '6.1.0' };
const rulesFor = (seccomp: OciSeccomp, name: string) =>
  (seccomp.syscalls ?? []).filter(({ names }) => names.includes(name));

describe('the default profile', () => {
  const usual = resolveProfile(defaultProfile, subject);

  it('names every system call once for each meaning', () => {
    const [common] = usual.syscalls ?? [];
    expect(new Set(common?.names).size).toBe(common?.names.length);
  });
  it('keeps containers from the kernel’s riskier parts', () => {
    const refused = [
      'mount',
      'unshare',
      'setns',
      'bpf',
      'keyctl',
      'add_key',
      'userfaultfd',
      'io_uring_setup',
      'reboot',
    ];
    for (const name of refused) expect([name, rulesFor(usual, name)]).toEqual([name, []]);
  });
  it('lets clone make processes and no namespaces, and hides clone3', () => {
    expect(rulesFor(usual, 'clone')).toMatchObject([
      { action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0x7e02_0000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] },
    ]);
    expect(rulesFor(usual, 'clone3')).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
  });
  it('opens with capabilities', () => {
    const admin = resolveProfile(defaultProfile, { ...subject, capabilities: new Set(['CAP_SYS_ADMIN']) });
    expect(rulesFor(admin, 'mount')).toHaveLength(1);
    expect(rulesFor(admin, 'clone')).toEqual([expect.not.objectContaining({ args: expect.anything() })]);
    expect(rulesFor(admin, 'clone3')).toMatchObject([{ action: 'SCMP_ACT_ALLOW' }]);
    expect(rulesFor(usual, 'chroot')).toHaveLength(1);
    expect(rulesFor(admin, 'chroot')).toHaveLength(0);
  });
  it('allows tracing from kernel 4.8 on', () => {
    expect(rulesFor(usual, 'ptrace')).toHaveLength(1);
    expect(rulesFor(resolveProfile(defaultProfile, { ...subject, kernel: '4.7.9' }), 'ptrace')).toHaveLength(0);
    expect(rulesFor(resolveProfile(defaultProfile, { ...subject, kernel: 'unknown' }), 'ptrace')).toHaveLength(0);
  });
  it('fits the machine', () => {
    const arm = resolveProfile(defaultProfile, { ...subject, machine: 'arm64' });
    expect(arm.architectures).toEqual(['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
    expect(rulesFor(arm, 'arch_prctl')).toHaveLength(0);
    expect(rulesFor(arm, 'cacheflush')).toHaveLength(1);
    expect(usual.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
  });
});

describe('a filter', () => {
  it('carries the errno in the action', () => {
    const filter = seccompFilter({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38 });
    expect(filter.defaultAction).toBe(0x0005_0026);
    expect(seccompFilter({ defaultAction: 'SCMP_ACT_KILL_PROCESS' }).defaultAction).toBe(0x8000_0000);
    expect(seccompFilter({ defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 5 }).defaultAction).toBe(0x7fff_0000);
  });
  it('reads two comparisons of one argument as alternatives', () => {
    const arg = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' as const });
    const rules = (args: ReturnType<typeof arg>[]) =>
      seccompFilter({
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: ['socket'], action: 'SCMP_ACT_ALLOW', args }],
      }).rules;
    expect(rules([arg(0, 1), arg(0, 2)])).toHaveLength(2);
    expect(rules([arg(0, 1), arg(1, 2)])).toHaveLength(1);
  });
  it('marks a rule that says what the default says', () => {
    const { rules } = seccompFilter({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
    });
    expect(rules[0]?.adds).toBe(false);
  });
  it('makes a listener where a rule asks one, and then no threads are brought in line', () => {
    const flags = ['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'];
    const syscalls = [{ names: ['mount'], action: 'SCMP_ACT_NOTIFY' as const }];
    expect(seccompFlags({ defaultAction: 'SCMP_ACT_ALLOW', flags, syscalls })).toBe(0b101000);
    expect(seccompFlags({ defaultAction: 'SCMP_ACT_ALLOW', flags })).toBe(0b1);
  });
  it('has the flags it was given, and a usual one when none were', () => {
    expect(seccompFlags({ defaultAction: 'SCMP_ACT_ALLOW' })).toBe(4);
    expect(seccompFlags({ defaultAction: 'SCMP_ACT_ALLOW', flags: [] })).toBe(0);
    expect(seccompFlags({ defaultAction: 'SCMP_ACT_ALLOW', flags: ['SECCOMP_FILTER_FLAG_LOG'] })).toBe(2);
  });
});

describe('the ENOSYS stub', () => {
  it('is nothing for architectures without a named system call', () => {
    expect(enosysStub({ SCMP_ARCH_X86_64: -1, SCMP_ARCH_UNHEARD_OF: 9 })).toHaveLength(0);
  });
  it('is whole instructions', () => {
    expect(enosysStub({ SCMP_ARCH_AARCH64: 450 })).toHaveLength(5 * 8);
    expect(enosysStub({ SCMP_ARCH_X86_64: 450, SCMP_ARCH_X32: 0x4000_01c2 })).toHaveLength(12 * 8);
  });
});

describe('a profile file', () => {
  const why = (document: unknown): string | null => {
    try {
      parseSeccompProfile(JSON.stringify(document), 'p.json');
    } catch (error) {
      return error instanceof TsrunError ? error.why : `${error}`;
    }
    return null;
  };
  const rule = { names: ['read'], action: 'SCMP_ACT_ALLOW' };
  const base = { defaultAction: 'SCMP_ACT_ERRNO' };

  it('in docker’s format has its conditions kept', () => {
    const profile = parseSeccompProfile(
      JSON.stringify({
        ...base,
        archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
        syscalls: [
          { ...rule, comment: 'always', includes: {}, excludes: null },
          { ...rule, names: ['mount'], includes: { caps: ['CAP_SYS_ADMIN'] } },
          { ...rule, names: ['x'], args: [], excludes: { arches: ['amd64'] } },
          { ...rule, names: ['y'], includes: { minKernel: '7.0' } },
        ],
      }),
      'p.json',
    );
    const resolved = resolveProfile(profile, subject);
    expect(resolved.syscalls).toEqual([rule]);
    expect(resolved.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  });
  it('in the runtime-spec’s format is the same to us', () => {
    const plain = {
      ...base,
      architectures: ['SCMP_ARCH_X86_64'],
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      syscalls: [rule],
    };
    expect(resolveProfile(parseSeccompProfile(JSON.stringify(plain), 'p.json'), subject)).toEqual(plain);
  });
  it('may name its errno', () => {
    const profile = parseSeccompProfile(JSON.stringify({ ...base, defaultErrno: 'ENOSYS' }), 'p.json');
    expect(profile.defaultErrnoRet).toBe(38);
  });
  it('with a mistake names the place', () => {
    const syscalls = (changes: object) => ({ ...base, syscalls: [rule, { ...rule, ...changes }] });
    expect(why({})).toBe('it has no field "defaultAction"');
    expect(why([])).toBe('it should be an object');
    expect(why({ ...base, defaultAktion: 1 })).toBe('it has an unknown field "defaultAktion"');
    expect(why({ defaultAction: 'ALLOW' })).toBe('defaultAction: should be an SCMP_ACT_ name, not "ALLOW"');
    expect(why(syscalls({ names: [] }))).toBe('syscalls[1]: names no system call');
    expect(why(syscalls({ args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] }))).toBe(
      'syscalls[1].args[0].index: should be a whole number from 0 to 5, not 6',
    );
    expect(why(syscalls({ args: [{ index: 0, value: 1.5, op: 'SCMP_CMP_EQ' }] }))).toBe(
      'syscalls[1].args[0].value: should be a whole number from 0 to 2^64 - 1, not 1.5',
    );
    expect(why(syscalls({ includes: { caps: ['SYS_ADMIN'] } }))).toBe(
      'syscalls[1].includes.caps[0]: should be the name of a capability, not "SYS_ADMIN"',
    );
    expect(why({ ...base, defaultErrno: 'EWHAT' })).toBe('defaultErrno: should be the name of an errno');
    expect(why({ ...base, archMap: [{ architecture: 'SCMP_ARCH_ARM' }], architectures: ['SCMP_ARCH_ARM'] })).toContain(
      'use one',
    );
  });
  it('may compare all 64 bits', () => {
    const text = (value: string) =>
      `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":${value},"op":"SCMP_CMP_EQ"}]}]}`;
    const value = (written: string) => parseSeccompProfile(text(written), 'p.json').rules[0]?.args[0]?.value;
    expect(value('18446744073709551615')).toBe(0xffff_ffff_ffff_ffffn);
    expect(value('9007199254740993')).toBe(9007199254740993n);
    expect(() => value('18446744073709551616')).toThrow('cannot read the seccomp profile');
  });
  it('cannot ask a listener', () => {
    expect(why({ ...base, syscalls: [{ ...rule, action: 'SCMP_ACT_NOTIFY' }] })).toBe(
      'syscalls[0].action: needs a listener, which only a config.json can name',
    );
  });
  it('that is not JSON says so', () => {
    expect(() => parseSeccompProfile('{', 'p.json')).toThrow('cannot read the seccomp profile "p.json"');
  });
});
