/** Signals by name and number, signal(7); the numbers that x86-64 and arm64 share. */

const standard: readonly string[] = [
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'STKFLT',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'IO',
  'PWR',
  'SYS',
];

/** glibc keeps 32 and 33 for itself, so SIGRTMIN is 34 for every program that is not the C library. */
const rtMin = 34;
const rtMax = 64;

const aliases: Readonly<Record<string, string>> = { IOT: 'ABRT', CLD: 'CHLD', POLL: 'IO', UNUSED: 'SYS' };

/**
 * A signal's number from `SIGTERM`, `term`, `15`, `RTMIN+3` or `SIGRTMAX-1`; null when there is no such signal.
 *
 * @example signalNumber('SIGRTMIN+3') // 37
 */
export function signalNumber(text: string): number | null {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= rtMax ? number : null;
  }
  const bare = text.toUpperCase().replace(/^SIG/, '');
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(bare);
  if (realtime) {
    const offset = Number(realtime[3] ?? 0) * (realtime[2] === '-' ? -1 : 1);
    const number = (realtime[1] === 'MIN' ? rtMin : rtMax) + offset;
    return number >= rtMin && number <= rtMax ? number : null;
  }
  const index = standard.indexOf(aliases[bare] ?? bare);
  return index < 0 ? null : index + 1;
}

/**
 * The usual name of a signal.
 *
 * @example signalName(15) // 'SIGTERM'; signalName(37) is 'SIGRTMIN+3'
 */
export function signalName(number: number): string {
  const name = standard[number - 1];
  if (name !== undefined) return `SIG${name}`;
  if (number < rtMin || number > rtMax) return `signal ${number}`;
  return number === rtMin ? 'SIGRTMIN' : number === rtMax ? 'SIGRTMAX' : `SIGRTMIN+${number - rtMin}`;
}
