/** Flags that every command takes, before or after its name. */
import { type Flag, flag } from './flags.ts';

const group = 'Everywhere';

export const globalFlags: readonly Flag[] = [
  flag('value', '--store DIR', 'where images are kept (TSRUN_STORE)', group, { complete: 'path' }),
  flag('value', '--root DIR', 'where the state of containers is kept (TSRUN_ROOT)', group, { complete: 'path' }),
  flag('switch', '--debug', 'show causes and stack traces of errors', group),
];
