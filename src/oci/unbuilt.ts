/**
 * What the runtime-spec has and no step of a plan does yet. A config that asks for it is refused by name, and `features` does
 * not claim it: nothing is silently ignored. Whoever builds one takes its line out.
 */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciConfig, OciMount, OciProcess } from './config.ts';
import { parseMountOptions } from './mount-options.ts';

type ProcessField = 'apparmorProfile' | 'execCPUAffinity' | 'ioPriority' | 'scheduler' | 'selinuxLabel';
type LinuxField = 'memoryPolicy' | 'mountLabel' | 'netDevices' | 'personality' | 'rootfsPropagation';
type HookName = 'createContainer' | 'startContainer';

/** Whether a field asks for something that a process does not have anyway. */
const process: Readonly<Partial<Record<ProcessField, (process: OciProcess) => boolean>>> = {};

const linux: Readonly<Partial<Record<LinuxField, (linux: NonNullable<OciConfig['linux']>) => boolean>>> = {
  mountLabel: ({ mountLabel = '' }) => mountLabel !== '',
  netDevices: ({ netDevices = {} }) => Object.keys(netDevices).length > 0,
  // The root is a slave of the host's, and bind mounts are private unless they say otherwise.
  rootfsPropagation: ({ rootfsPropagation = 'slave' }) => !['private', 'slave'].includes(rootfsPropagation),
};

const hooks: readonly HookName[] = [];

/** Options that no mount gets. */
const mountOptions: readonly string[] = ['idmap', 'nosymfollow', 'remount', 'ridmap', 'rnosymfollow'];

/** Words that take an attribute away from the mounts below a bind mount. */
const recursiveOff: readonly string[] = [
  ...[
    'ratime',
    'rdev',
    'rdiratime',
    'rexec',
    'rnorelatime',
    'rnostrictatime',
    'rrelatime',
    'rrw',
    'rsuid',
    'rsymfollow',
  ],
];

/** For `features`. */
export const isBuilt = {
  processField: (name: ProcessField): boolean => process[name] === undefined,
  linuxField: (name: LinuxField): boolean => linux[name] === undefined,
  hook: (name: string): boolean => !hooks.some((each) => each === name),
  mountOption: (word: string): boolean => !mountOptions.includes(word) && !recursiveOff.includes(word),
} as const;

/** @throws TsrunError NOT_YET naming the field */
export function refuseUnbuilt(config: OciConfig): void {
  for (const [field, asks] of Object.entries(linux)) {
    if (asks(config.linux ?? {})) throw notYet(`linux.${field}`);
  }
  for (const name of hooks) if ((config.hooks?.[name] ?? []).length > 0) throw notYet(`hooks.${name}`);
  for (const [index, mount] of (config.mounts ?? []).entries()) refuseMount(mount, `mounts[${index}]`);
  if (config.process !== undefined) refuseUnbuiltProcess(config.process, 'process.');
}

/** @param prefix of the fields' paths: `process.` in a config.json, nothing in a process.json */
export function refuseUnbuiltProcess(asked: OciProcess, prefix: string): void {
  for (const [field, asks] of Object.entries(process)) if (asks(asked)) throw notYet(`${prefix}${field}`);
}

function refuseMount(mount: OciMount, path: string): void {
  const { options = [], uidMappings = [] } = mount;
  if (uidMappings.length > 0 && !isBuilt.mountOption('idmap')) throw notYet(`${path}.uidMappings`);
  const isBind = mount.type === 'bind' || parseMountOptions(options).bind !== null;
  const words = isBind ? [...mountOptions, ...recursiveOff] : mountOptions;
  const word = options.find((option) => words.includes(option));
  if (word !== undefined) throw notYet(`${path}.options "${word}"`);
}

const notYet = (field: string): TsrunError =>
  new TsrunError('NOT_YET', `cannot use ${field}`, {
    why: 'tsrun does not carry it out yet, and leaves nothing out that a config asks for',
    hint: '"tsrun-oci features" lists what there is',
  });
