/** What one invocation of the command knows before a command runs. */
import { type Paths, pathsFor } from '../host/paths.ts';
import type { ParsedArgv } from './argv.ts';

export class Session {
  /** `--store` and `--root`; null: not given. */
  store: string | null = null;
  root: string | null = null;
  /** `--debug`: errors come with their causes and stacks. */
  debug = false;
  /** `doing`: the line has been read; what goes wrong from here on is no mistake in how its flags are written. */
  stage: 'reading' | 'doing' = 'reading';

  /** Takes the global flags of a parsed line; what comes later on the line wins. */
  adopt({ values }: ParsedArgv): void {
    this.store = values.get('store')?.at(-1) ?? this.store;
    this.root = values.get('root')?.at(-1) ?? this.root;
    const debug = values.get('debug')?.at(-1);
    if (debug !== undefined) this.debug = debug !== 'false';
  }

  /** Store and state directory of this user. */
  paths(): Paths {
    return pathsFor({
      uid: process.geteuid?.() ?? 0,
      env: process.env,
      overrides: { store: this.store, state: this.root },
    });
  }
}
