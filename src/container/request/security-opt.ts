/** `--security-opt`. */
import { resolve } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import { parseBoolean } from './boolean.ts';
import type { SeccompRequest } from './run-request.ts';
import { type ReadFile, readOptionFile } from './text-file.ts';

export interface SecurityOptions {
  /** null: nothing was said. */
  readonly noNewPrivileges: boolean | null;
  readonly seccomp: SeccompRequest;
  /** `systempaths=unconfined`: no masked and read-only paths. */
  readonly masks: boolean;
}

const keys = ['no-new-privileges', 'seccomp', 'systempaths', 'apparmor', 'label'];

/**
 * @param cwd what a profile's path is relative to.
 * @throws TsrunError USAGE; NOT_YET for labels of AppArmor and SELinux
 */
export function parseSecurityOpts(
  given: readonly string[],
  from: { readonly cwd: string; readonly readFile: ReadFile },
  name: OptionName,
): SecurityOptions {
  let noNewPrivileges: boolean | null = null;
  let seccomp: SeccompRequest = { type: 'default' };
  let masks = true;
  for (const option of given) {
    // docker's older spelling has a colon: no-new-privileges:true.
    const [, key = '', value = ''] = /^([^=:]*)[=:]?(.*)$/s.exec(option) ?? [];
    if (key === 'no-new-privileges')
      noNewPrivileges = value === '' || parseBoolean(value, `no-new-privileges of ${name}`);
    else if (key === 'seccomp') seccomp = parseSeccomp(value, option, from, name);
    else if (key === 'systempaths' && value === 'unconfined') masks = false;
    else if (!isHarmless(key, value)) throw refuse(option, key, name);
  }
  return { noNewPrivileges, seccomp, masks };
}

/** Asks for what is so anyway: no label is ever set, and the container's control group is read-only. */
const isHarmless = (key: string, value: string): boolean =>
  (key === 'apparmor' && value === 'unconfined') ||
  (key === 'label' && value === 'disable') ||
  (key === 'writable-cgroups' && value === 'false');

function refuse(option: string, key: string, name: OptionName): Error {
  if (key === 'apparmor' || key === 'label') {
    return notYet(
      name,
      option,
      `profiles and labels of ${key === 'label' ? 'SELinux' : 'AppArmor'} are not set`,
      `leave ${key} out`,
    );
  }
  if (key === 'writable-cgroups') {
    return notYet(name, option, 'the control group is mounted read-only', 'leave it out, or use --privileged');
  }
  if (key === 'systempaths')
    return badValue(name, option, 'systempaths can only be unconfined', 'write systempaths=unconfined');
  const close = nearest(key, keys);
  return badValue(
    name,
    option,
    `"${key}" is not a security option; they are no-new-privileges[=false], seccomp=FILE|unconfined, systempaths=unconfined`,
    close === null ? 'write for example seccomp=unconfined' : `did you mean "${close}"?`,
  );
}

function parseSeccomp(
  value: string,
  option: string,
  from: { readonly cwd: string; readonly readFile: ReadFile },
  name: OptionName,
): SeccompRequest {
  if (value === '') throw badValue(name, option, 'the profile is missing', 'write seccomp=FILE or seccomp=unconfined');
  if (value === 'unconfined') return { type: 'unconfined' };
  if (value === 'default' || value === 'builtin') return { type: 'default' };
  const path = resolve(from.cwd, value);
  const json = readOptionFile(path, name, from.readFile);
  try {
    JSON.parse(json);
  } catch (cause) {
    throw badValue(
      name,
      option,
      `${path} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      "use a profile in docker's format",
    );
  }
  return { type: 'profile', path, json };
}
