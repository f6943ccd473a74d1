/**
 * Reads a seccomp profile file: docker's format, or a plain `linux.seccomp` of the runtime-spec, which is a subset of it.
 *
 * A mistake in such a file opens or closes a container without a sound, so nothing is skipped: unknown fields and
 * values are errors that name their place, for example `syscalls[3].args[0].op`.
 */
import { errnoNumber } from '../../errors/errno.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { isCapabilityName } from '../capabilities.ts';
import { parseExactJson } from '../parse/exact-json.ts';
import { isSeccompAction, isSeccompFlag, isSeccompOperator } from './filter.ts';
import { type JsonFields, JsonReader } from './json-reader.ts';
import {
  always,
  type KernelVersion,
  type ProfileArchitecture,
  type ProfileCondition,
  type ProfileRule,
  type SeccompProfile,
} from './profile.ts';
import type { OciSeccompArg, SeccompAction } from './seccomp.ts';

/**
 * Parses a profile.
 *
 * @param path for messages
 * @throws TsrunError USAGE
 * @example parseSeccompProfile('{"defaultAction":"SCMP_ACT_ALLOW"}', 'allow.json')
 */
export function parseSeccompProfile(json: string, path: string): SeccompProfile {
  const fail = (why: string): never => {
    throw new TsrunError('USAGE', `cannot read the seccomp profile "${path}"`, {
      why,
      hint: "the format is docker's, https://docs.docker.com/engine/security/seccomp/",
    });
  };
  let document: unknown;
  try {
    document = parseExactJson(json);
  } catch (cause) {
    return fail(`it is not JSON: ${(cause as Error).message}`);
  }
  const reader = JsonReader.of(document, fail);
  const fields = reader.object([
    ...['defaultAction', 'defaultErrnoRet', 'defaultErrno', 'archMap', 'architectures', 'flags', 'syscalls'],
    ...['listenerPath', 'listenerMetadata'],
  ]);
  if (fields.get('listenerPath') !== null) fields.get('listenerPath')?.fail('listeners are not supported');
  const archMap = fields.list('archMap').map(architecture);
  const architectures = fields.list('architectures').map((item) => item.matching(/^SCMP_ARCH_[A-Z0-9_]+$/));
  if (archMap.length > 0 && architectures.length > 0) reader.fail('has both "architectures" and "archMap"; use one');
  return {
    defaultAction: ruleAction(fields.need('defaultAction')),
    defaultErrnoRet: errno(fields, 'defaultErrnoRet', 'defaultErrno'),
    archMap,
    architectures,
    flags: fields.list('flags').map((item) => item.oneOf(isFlag, 'a SECCOMP_FILTER_FLAG_ name')),
    rules: fields.list('syscalls').map(rule),
  };
}

/** The number; podman's files name it too, and then the number may be missing. */
function errno(fields: JsonFields, number: string, name: string): number | null {
  const named = fields.get(name);
  const value = named === null ? null : errnoNumber(named.matching(/^E[A-Z0-9]+$/));
  if (named !== null && value === null) named.fail('should be the name of an errno');
  return fields.get(number)?.integer(0, 4095) ?? value;
}

const isFlag = (name: string): name is string => isSeccompFlag(name);

function architecture(item: JsonReader): ProfileArchitecture {
  const fields = item.object(['architecture', 'subArchitectures']);
  return {
    architecture: fields.need('architecture').matching(/^SCMP_ARCH_[A-Z0-9_]+$/),
    subArchitectures: fields.list('subArchitectures').map((sub) => sub.matching(/^SCMP_ARCH_[A-Z0-9_]+$/)),
  };
}

function rule(item: JsonReader): ProfileRule {
  const fields = item.object([
    ...['names', 'name', 'action', 'errnoRet', 'errno', 'args', 'comment', 'includes', 'excludes'],
  ]);
  const single = fields.get('name');
  const names = single === null ? fields.list('names') : [single];
  if (single !== null && fields.list('names').length > 0) item.fail('has both "name" and "names"; use one');
  if (names.length === 0) item.fail('names no system call');
  return {
    names: names.map((name) => name.matching(/^[a-z_][a-z0-9_]*$/i)),
    action: ruleAction(fields.need('action')),
    errnoRet: errno(fields, 'errnoRet', 'errno'),
    args: fields.list('args').map(argument),
    includes: condition(fields.get('includes')),
    excludes: condition(fields.get('excludes')),
  };
}

function ruleAction(item: JsonReader): SeccompAction {
  const action = item.oneOf(isSeccompAction, 'an SCMP_ACT_ name');
  return action === 'SCMP_ACT_NOTIFY' ? item.fail('needs a listener, which only a config.json can name') : action;
}

function argument(item: JsonReader): OciSeccompArg {
  const fields = item.object(['index', 'value', 'valueTwo', 'op']);
  return {
    index: fields.need('index').integer(0, 5),
    value: fields.need('value').uint64(),
    valueTwo: fields.get('valueTwo')?.uint64() ?? 0,
    op: fields.need('op').oneOf(isSeccompOperator, 'an SCMP_CMP_ name'),
  };
}

function condition(item: JsonReader | null): ProfileCondition {
  if (item === null) return always;
  const fields = item.object(['caps', 'arches', 'minKernel']);
  return {
    caps: fields.list('caps').map((cap) => cap.oneOf(isCapabilityName, 'the name of a capability')),
    arches: fields.list('arches').map((arch) => arch.matching(/^[a-z0-9]+$/)),
    minKernel: kernelVersion(fields.get('minKernel')),
  };
}

function kernelVersion(item: JsonReader | null): KernelVersion | null {
  if (item === null) return null;
  const [major, minor] = item.matching(/^\d{1,3}\.\d{1,3}$/).split('.');
  return { major: Number(major), minor: Number(minor) };
}
