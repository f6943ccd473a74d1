/** Words for values of flags, where neither table nor commander has them. */
import { constants } from 'node:os';
import { capabilityWords } from '../../container/request/capability.ts';
import { ulimitNames } from '../../container/request/ulimit.ts';

const signals = (): readonly string[] => Object.keys(constants.signals).map((name) => name.replace(/^SIG/, ''));

/** By flag; a command's own before that. A word that ends in = goes on. */
const byFlag: Readonly<Record<string, () => readonly string[]>> = {
  signal: signals,
  'stop-signal': signals,
  'cap-add': capabilityWords,
  'cap-drop': capabilityWords,
  'security-opt': () => ['no-new-privileges', 'no-new-privileges=false', 'seccomp=unconfined', 'seccomp='],
  ulimit: () => ulimitNames.map((name) => `${name}=`),
  mount: () => ['type=bind,', 'type=volume,', 'type=tmpfs,'],
  'ps filter': () => [
    ...['created', 'running', 'paused', 'exited'].map((state) => `status=${state}`),
    ...['starting', 'healthy', 'unhealthy', 'none'].map((health) => `health=${health}`),
    ...['id=', 'name=', 'label=', 'ancestor=', 'before=', 'since=', 'exited=', 'volume=', 'network=', 'expose='],
  ],
  'events filter': () => [
    ...['container', 'image', 'volume'].map((type) => `type=${type}`),
    ...['container=', 'image=', 'volume=', 'event=', 'label='],
  ],
  'ls filter': () => ['dangling=true', 'dangling=false', 'driver=local', 'label=', 'name='],
  'images filter': () => [
    ...['dangling=true', 'dangling=false'],
    ...['reference=', 'before=', 'since=', 'until=', 'label=', 'label!='],
  ],
  'prune filter': () => ['until=', 'label=', 'label!='],
  format: () => ['json', 'table'],
  'inspect format': () => ['json'],
};

export const valuesOf = (command: string, flag: string): readonly string[] =>
  (byFlag[`${command} ${flag}`] ?? byFlag[flag] ?? (() => []))();
