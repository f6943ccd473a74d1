/**
 * What the runtime-spec has and no step of a plan does yet. A config that asks for it is refused by name, and `features` does
 * not claim it: nothing is silently ignored. Whoever builds one takes its line out.
 */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciConfig, OciProcess } from './config.ts';

type ProcessField = 'apparmorProfile' | 'execCPUAffinity' | 'ioPriority' | 'scheduler' | 'selinuxLabel';
type LinuxField = 'memoryPolicy' | 'mountLabel' | 'netDevices' | 'personality';
type HookName = 'createContainer' | 'startContainer';

/** Whether a field asks for something that a process does not have anyway. */
const process: Readonly<Partial<Record<ProcessField, (process: OciProcess) => boolean>>> = {};

const linux: Readonly<Partial<Record<LinuxField, (linux: NonNullable<OciConfig['linux']>) => boolean>>> = {
  mountLabel: ({ mountLabel = '' }) => mountLabel !== '',
  netDevices: ({ netDevices = {} }) => Object.keys(netDevices).length > 0,
};

const hooks: readonly HookName[] = [];

/** For `features`. */
export const isBuilt = {
  processField: (name: ProcessField): boolean => process[name] === undefined,
  linuxField: (name: LinuxField): boolean => linux[name] === undefined,
  hook: (name: string): boolean => !hooks.some((each) => each === name),
} as const;

/** @throws TsrunError NOT_YET naming the field */
export function refuseUnbuilt(config: OciConfig): void {
  for (const [field, asks] of Object.entries(linux)) {
    if (asks(config.linux ?? {})) throw notYet(`linux.${field}`);
  }
  for (const name of hooks) if ((config.hooks?.[name] ?? []).length > 0) throw notYet(`hooks.${name}`);
  if (config.process !== undefined) refuseUnbuiltProcess(config.process, 'process.');
}

/** @param prefix of the fields' paths: `process.` in a config.json, nothing in a process.json */
export function refuseUnbuiltProcess(asked: OciProcess, prefix: string): void {
  for (const [field, asks] of Object.entries(process)) if (asks(asked)) throw notYet(`${prefix}${field}`);
}

const notYet = (field: string): TsrunError =>
  new TsrunError('NOT_YET', `cannot use ${field}`, {
    why: 'tsrun does not carry it out yet, and leaves nothing out that a config asks for',
    hint: '"tsrun-oci features" lists what there is',
  });
