/** tsrun-oci update: other limits, from a document or from flags. */
import { readFileSync } from 'node:fs';
import { checkResources, readResources } from '../../../bundle/read-resources.ts';
import { updateContainer } from '../../../container/oci/update.ts';
import { parseSize } from '../../../container/request/size.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { flag } from '../../flags.ts';
import { lastOf, type OciCommand, type OciLine } from '../command.ts';
import { onlyWord } from '../one-word.ts';
import { withWarnings } from '../report.ts';

export const command: OciCommand = {
  usage: '[flags] ID',
  about: 'change the limits of a container',
  flags: [
    flag('value', '-r, --resources FILE', 'a document with linux.resources, instead of flags; - is standard input', ''),
    flag('value', '--memory SIZE', 'memory; bytes, or 512m', ''),
    flag('value', '--memory-reservation SIZE', 'memory that is taken last', ''),
    flag('value', '--memory-swap SIZE', 'memory and swap together; -1: no limit', ''),
    flag('value', '--kernel-memory SIZE', 'accepted: cgroup v2 counts it as memory', ''),
    flag('value', '--kernel-memory-tcp SIZE', 'accepted: cgroup v2 counts it as memory', ''),
    flag('value', '--cpu-quota MICROSECONDS', 'time in each period; -1: no limit', ''),
    flag('value', '--cpu-burst MICROSECONDS', 'time saved up for later periods', ''),
    flag('value', '--cpu-period MICROSECONDS', 'length of a period', ''),
    flag('value', '--cpu-share SHARES', 'weight against others, 2 to 262144', ''),
    flag('value', '--cpu-rt-runtime MICROSECONDS', 'cgroup v2 has nothing for it', ''),
    flag('value', '--cpu-rt-period MICROSECONDS', 'cgroup v2 has nothing for it', ''),
    flag('value', '--cpu-idle NUMBER', '1: run only when nobody else wants to', ''),
    flag('value', '--cpuset-cpus LIST', 'which processors', ''),
    flag('value', '--cpuset-mems LIST', 'which memory nodes', ''),
    flag('value', '--pids-limit NUMBER', 'processes; 0 or -1: no limit', ''),
    flag('value', '--blkio-weight NUMBER', 'weight against others, 10 to 1000', ''),
    flag('value', '--l3-cache-schema SCHEMA', 'refused: Intel RDT is not supported', ''),
    flag('value', '--mem-bw-schema SCHEMA', 'refused: Intel RDT is not supported', ''),
  ],
  words: 'own',
  failure: 1,
  async run(line, session) {
    refuseRdt(line);
    const file = lastOf(line, 'resources');
    const changes =
      file === null ? checkResources(resourcesFrom(line)) : readResources(file === '-' ? readFileSync(0) : file);
    await withWarnings(session.log, async (notice) => {
      // As runc has it.
      const others = [...line.values.keys()].filter((name) => name !== 'resources').map((name) => `--${name}`);
      if (file !== null && others.length > 0) notice(`beside --resources there is no effect of ${others.join(', ')}`);
      for (const text of await updateContainer(session.root, onlyWord(line), changes)) notice(text);
    });
    return 0;
  },
};

/** runc's flags of Intel RDT. */
function refuseRdt(line: OciLine): void {
  for (const name of ['l3-cache-schema', 'mem-bw-schema']) {
    if (lastOf(line, name) === null) continue;
    throw new TsrunError('HOST_UNSUPPORTED', `cannot use --${name}`, {
      why: 'Intel RDT is not supported',
      hint: 'tsrun-oci features says what is: linux.intelRdt',
    });
  }
}

/** The document that the flags stand for. */
function resourcesFrom(line: OciLine): object {
  const text = (name: string, member: string): object => {
    const value = lastOf(line, name);
    return value === null ? {} : { [member]: value };
  };
  const number = (name: string, member: string): object => {
    const value = lastOf(line, name);
    if (value === null) return {};
    if (/^-?\d{1,15}$/.test(value)) return { [member]: Number(value) };
    throw new TsrunError('USAGE', `--${name} cannot be "${value}"`, { why: 'it is a whole number' });
  };
  const size = (name: string, member: string): object => {
    const value = lastOf(line, name);
    if (value === null) return {};
    // -1 is no limit.
    return { [member]: value === '-1' ? -1 : parseSize(value, `--${name}`) };
  };
  const sections = {
    memory: {
      ...size('memory', 'limit'),
      ...size('memory-reservation', 'reservation'),
      ...size('memory-swap', 'swap'),
      ...size('kernel-memory', 'kernel'),
      ...size('kernel-memory-tcp', 'kernelTCP'),
    },
    cpu: {
      ...number('cpu-quota', 'quota'),
      ...number('cpu-burst', 'burst'),
      ...number('cpu-period', 'period'),
      ...number('cpu-share', 'shares'),
      ...number('cpu-rt-runtime', 'realtimeRuntime'),
      ...number('cpu-rt-period', 'realtimePeriod'),
      ...number('cpu-idle', 'idle'),
      ...text('cpuset-cpus', 'cpus'),
      ...text('cpuset-mems', 'mems'),
    },
    // Asked for by name, 0 is no limit; in a document it is what nobody set.
    pids: { ...number('pids-limit', 'limit'), ...(lastOf(line, 'pids-limit') === '0' ? { limit: -1 } : {}) },
    blockIO: number('blkio-weight', 'weight'),
  };
  return Object.fromEntries(Object.entries(sections).filter(([, section]) => Object.keys(section).length > 0));
}
