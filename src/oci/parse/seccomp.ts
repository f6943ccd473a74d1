/** `linux.seccomp` of config.json: runtime-spec config-linux.md#seccomp. */

import { seccompArchitectures } from '../seccomp/architectures.ts';
import { seccompActions, seccompFlagNames, seccompOperators } from '../seccomp/filter.ts';
import type { OciSeccomp, OciSeccompArg, OciSyscallRule } from '../seccomp/seccomp.ts';
import {
  anyText,
  exactUint64,
  integer,
  list,
  may,
  mayPath,
  need,
  object,
  oneOf,
  type Parser,
  someText,
} from './combinators.ts';
import { fail, inside, type Place } from './place.ts';

const action = oneOf(seccompActions, 'a seccomp action');

/** A filter's answer has 16 bits for it, and the kernel cuts off at MAX_ERRNO. */
const errnoRet = integer(0, 4095);

const argument: Parser<OciSeccompArg> = object<OciSeccompArg>({
  index: need(integer(0, 5)),
  value: need(exactUint64),
  valueTwo: may(exactUint64),
  op: need(oneOf(seccompOperators, 'a comparison')),
});

const ruleFields = object<OciSyscallRule>({
  names: need(list(someText)),
  action: need(action),
  errnoRet: may(errnoRet),
  args: may(list(argument)),
});

const rule: Parser<OciSyscallRule> = (value, at) => {
  const result = ruleFields(value, at);
  if (result.names.length === 0) fail(inside(at, 'names'), 'must name at least one system call', '');
  checkErrno(result.action, result.errnoRet, inside(at, 'errnoRet'));
  return result;
};

const fields = object<OciSeccomp>({
  defaultAction: need(action),
  defaultErrnoRet: may(errnoRet),
  architectures: may(list(oneOf(seccompArchitectures, 'a seccomp architecture'))),
  flags: may(list(oneOf(seccompFlagNames, 'a seccomp flag'))),
  listenerPath: mayPath,
  listenerMetadata: may(anyText),
  syscalls: may(list(rule)),
});

export const seccomp: Parser<OciSeccomp> = (value, at) => {
  const result = fields(value, at);
  checkErrno(result.defaultAction, result.defaultErrnoRet, inside(at, 'defaultErrnoRet'));
  if (result.defaultAction === 'SCMP_ACT_NOTIFY') {
    // The filter would stop the runtime itself before it can hand over the listener.
    fail(inside(at, 'defaultAction'), 'cannot be SCMP_ACT_NOTIFY', 'name the system calls in a rule with this action');
  }
  for (const [index, { action: each, names }] of (result.syscalls ?? []).entries()) {
    if (each !== 'SCMP_ACT_NOTIFY' || !names.includes('sendmsg')) continue;
    // Nobody could answer before the listener has arrived.
    fail(
      inside(inside(inside(at, 'syscalls'), index), 'names'),
      'cannot have sendmsg with SCMP_ACT_NOTIFY: the listener is sent with it',
      '',
    );
  }
  const asks = (result.syscalls ?? []).findIndex(({ action: each }) => each === 'SCMP_ACT_NOTIFY');
  if (asks >= 0 && result.listenerPath === undefined) {
    fail(
      inside(inside(inside(at, 'syscalls'), asks), 'action'),
      'is SCMP_ACT_NOTIFY, and there is no listenerPath',
      '',
    );
  }
  if (result.listenerPath === undefined && (result.listenerMetadata ?? '') !== '') {
    fail(inside(at, 'listenerMetadata'), 'is there without listenerPath', '');
  }
  return result;
};

/** config-linux.md: an error for an action that does not support it. */
function checkErrno(of: string, errno: number | undefined, at: Place): void {
  if (errno === undefined || of === 'SCMP_ACT_ERRNO' || of === 'SCMP_ACT_TRACE') return;
  fail(at, `cannot be set with ${of}: it is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE`, '');
}
