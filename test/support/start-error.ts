/** Starts a container that should not start, and gives the error. */
import { closeSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { parseRunOptions } from '../../src/container/request/parse-run-options.ts';
import type { RunOptions } from '../../src/container/request/run-options.ts';
import { startContainer } from '../../src/container/run.ts';
import { TsrunError } from '../../src/errors/tsrun-error.ts';
import type { TestHome } from './home.ts';

/** @throws when the container does start, or fails with something else than a TsrunError. */
export async function startError(home: TestHome, image: string, options: RunOptions): Promise<TsrunError> {
  const host = {
    spell: (option: string) => option,
    cwd: home.path,
    uid: 0,
    env: { TSRUN_NETWORK: 'none' },
    readFile: () => Buffer.alloc(0),
  };
  const none = openSync('/dev/null', 'r+');
  try {
    const container = await startContainer(image, parseRunOptions(options, host), {
      paths: { store: home.store, state: home.state },
      stdin: Readable.from([]),
      stdio: [none, none, none],
      onProgress: () => {},
      signal: new AbortController().signal,
      notice: () => {},
      onLaunch: () => {},
      detachKeys: '',
      onStep: null,
    });
    container.destroy();
    await container.exit;
  } catch (error) {
    if (error instanceof TsrunError) return error;
    throw error;
  } finally {
    closeSync(none);
  }
  throw new Error('the container started');
}
