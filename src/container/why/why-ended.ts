/** Why a container ended: pure. */
import { signalName } from '../../oci/signals.ts';
import type { Asked } from '../kept/asked.ts';
import type { KeptEnd } from '../kept/monitor-files.ts';
import { type Evidence, type Finding, finding } from './finding.ts';
import { countOf, type GroupTexts, numberOf } from './group-counts.ts';
import { limitsMet } from './limits-met.ts';

export interface EndedFacts {
  readonly end: KeptEnd;
  /** That its monitor ended it for its health; null: it did not. */
  readonly unhealthy: Finding | null;
  /** Signals that commands of ours sent in this run, oldest first. */
  readonly asked: readonly Asked[];
  readonly group: GroupTexts;
  /** The machine was started again since. */
  readonly otherBoot: boolean;
  /** What the kernel's log says of PID 1; null: nothing, or it may not be read. */
  readonly kernelLog: string | null;
  /** Bytes as they are read. */
  readonly size: (bytes: number) => string;
}

type Seen = Extract<KeptEnd, { readonly type: 'seen' }>;

const sigkill = 9;
const sigterm = 15;

/** The cause first. */
export function whyEnded(facts: EndedFacts): readonly Finding[] {
  const { end, group, size } = facts;
  if (end.type === 'lost') return [lost(facts)];
  const memory = outOfMemory(end, facts);
  const told = end.signal === null ? exited(end, facts) : killed(end, end.signal, facts);
  // The monitor's signals are not asked for by anybody.
  const own = facts.unhealthy !== null && facts.asked.length === 0 ? because(facts.unhealthy, end) : told;
  // A death by SIGKILL that nobody of us asked for is the OOM killer's, where it killed.
  const isCause = memory !== null && end.exitCode === 128 + sigkill && askedFor(facts, sigkill) === null;
  const first = memory === null ? [own] : isCause ? [memory] : [own, { ...memory, kind: 'near' as const }];
  return [...first, ...limitsMet(group, size), ...unseen(end, facts)];
}

function lost({ otherBoot, end }: EndedFacts): Finding {
  const evidence = [{ source: 'exit', value: `tsrun-exit-lost, ${end.finished}` }];
  return otherBoot
    ? finding(
        'cause',
        'the machine went down under it',
        [...evidence, { source: 'boot_id', value: 'another one since' }],
        'start it again',
      )
    : finding(
        'cause',
        'its monitor was killed, and took it along; nobody saw how it ended',
        evidence,
        'look for who kills processes named tsrun:monitor; start it again',
      );
}

function outOfMemory(end: Seen, { group, size }: EndedFacts): Finding | null {
  if (end.oomKills === 0) return null;
  const limit = numberOf(group, 'memory.max');
  const peak = numberOf(group, 'memory.peak');
  // The group's own limit was never the reason: one above it, or the machine, ran out.
  const elsewhere = countOf(group, 'memory.events', 'oom') === 0;
  const evidence: Evidence[] = [{ source: 'memory.events: oom_kill', value: `${end.oomKills}` }];
  if (limit !== null) evidence.push({ source: 'memory.max', value: size(limit) });
  if (peak !== null) evidence.push({ source: 'memory.peak', value: size(peak) });
  return finding(
    'cause',
    `out of memory: the kernel killed ${end.oomKills === 1 ? 'a process' : `${end.oomKills} processes`} of it${elsewhere ? ', for a limit above its own or because the machine had no more' : ''}`,
    evidence,
    elsewhere || limit === null
      ? 'free memory on the machine, or limit others'
      : `give it more, for example -m ${size(limit * 2)}`,
  );
}

const because = (unhealthy: Finding, end: Seen): Finding => ({
  ...unhealthy,
  evidence: [exitEvidence(end), ...unhealthy.evidence],
});

/** The last time that one of us sent this signal. */
const askedFor = ({ asked }: EndedFacts, signal: number): Asked | null =>
  asked.findLast((each) => each.signal === signal) ?? null;

const evidenceOf = ({ time, signal, pid, command }: Asked): Evidence => ({
  source: 'asked',
  value: `${time} ${signalName(signal)} from "${command}" (pid ${pid})`,
});

const exitEvidence = (end: Seen): Evidence => ({
  source: 'exit',
  value: end.signal === null ? `status ${end.exitCode}` : end.signal,
});

function killed(end: Seen, name: string, facts: EndedFacts): Finding {
  const number = end.exitCode - 128;
  const asked = askedFor(facts, number);
  if (asked !== null) return askedTo(end, asked, facts);
  const crash = crashes[name];
  if (crash !== undefined) return finding('cause', `${crash[0]} (${name})`, [exitEvidence(end)], crash[1]);
  const { kernelLog } = facts;
  if (number === sigkill && kernelLog !== null) {
    return finding(
      'cause',
      'the kernel killed it: the machine was out of memory',
      [exitEvidence(end), { source: 'kernel log', value: kernelLog }],
      'free memory on the machine, or limit others',
    );
  }
  return finding(
    'cause',
    `somebody outside of tsrun ended it with ${name}`,
    [exitEvidence(end), { source: 'asked', value: 'no command of tsrun sent that' }],
    number === sigkill
      ? 'look for a person, a service manager or an OOM killer of the machine: dmesg, journalctl'
      : null,
  );
}

function askedTo(end: Seen, asked: Asked, facts: EndedFacts): Finding {
  const before = facts.asked.findLast((each) => each.pid === asked.pid && each.signal !== asked.signal);
  const evidence = [exitEvidence(end), ...(before === undefined ? [] : [evidenceOf(before)]), evidenceOf(asked)];
  if (asked.signal !== sigkill || before === undefined) {
    return finding('cause', `"${asked.command}" ended it with ${signalName(asked.signal)}`, evidence);
  }
  const waited = Math.round((Date.parse(asked.time) - Date.parse(before.time)) / 1000);
  return finding(
    'cause',
    `"${asked.command}" killed it: it did not end within ${waited} s of ${signalName(before.signal)}`,
    evidence,
    `PID 1 gets only signals it has a handler for: handle ${signalName(before.signal)}, or run it with --init`,
  );
}

/** By the program itself, or for what it did. */
const crashes: Readonly<Record<string, readonly [what: string, advice: string | null]>> = {
  SIGSEGV: [
    'its program crashed: it used memory that is not its own',
    'a fault of the program, or a library that does not fit',
  ],
  SIGBUS: [
    'its program crashed: it used memory that is not there',
    'a file it has mapped was cut, or /dev/shm is full: --shm-size',
  ],
  SIGILL: [
    'its program crashed on an instruction this processor does not have',
    'take an image that is built for this processor',
  ],
  SIGFPE: ['its program crashed in arithmetic', null],
  SIGABRT: ['its program gave up: abort(3)', 'its log says why'],
  SIGTRAP: ['its program ran into a breakpoint', null],
  SIGSYS: ['a seccomp filter ended it for a system call', 'allow the call: --security-opt seccomp=FILE'],
  SIGPIPE: ['it wrote to a pipe or socket that nobody reads any more', null],
  SIGXCPU: ['it used up its CPU time: --ulimit cpu', 'give it more'],
  SIGXFSZ: ['it wrote a larger file than it may: --ulimit fsize', 'give it more'],
};

function exited(end: Seen, facts: EndedFacts): Finding {
  const { exitCode } = end;
  const last = facts.asked.at(-1);
  const evidence = [exitEvidence(end)];
  if (last !== undefined && (exitCode === 0 || exitCode === 128 + last.signal || last.signal === sigterm)) {
    return finding('cause', `it ended by itself after "${last.command}" asked it to, with status ${exitCode}`, [
      ...evidence,
      evidenceOf(last),
    ]);
  }
  if (exitCode === 0) return finding('cause', 'its command was done: status 0', evidence);
  const [what, advice] = meaningOf(exitCode);
  return finding('cause', what, evidence, advice);
}

/** What statuses mean by custom: POSIX sh, docker. */
function meaningOf(exitCode: number): readonly [what: string, advice: string | null] {
  if (exitCode === 126) {
    return [
      'its command ended with 126: a shell inside found a program that it may not execute',
      'chmod +x it, or look at its first line',
    ];
  }
  if (exitCode === 127) {
    return [
      'its command ended with 127: a shell inside did not find a program, or its loader',
      'its log names the program',
    ];
  }
  if (exitCode > 128 && exitCode <= 128 + 64) {
    const name = signalName(exitCode - 128);
    return [
      `its command ended by itself with ${exitCode}, the way a shell says that a program in it died of ${name}`,
      crashes[name]?.[1] ?? null,
    ];
  }
  return [
    `its command ended by itself with status ${exitCode}`,
    "its log may say why; what the number means is the program's own",
  ];
}

/** What could have been the reason, and nobody counted. */
function unseen(end: Seen, { group }: EndedFacts): readonly Finding[] {
  if (end.exitCode !== 128 + sigkill || group.has('memory.events')) return [];
  return [
    finding(
      'unknown',
      'whether memory ran out: its control group had no memory controller',
      [{ source: 'memory.events', value: 'no such file' }],
      'tsrun doctor says why',
    ),
  ];
}
