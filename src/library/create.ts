/** `create`: a container that lives without the program that made it. */
import { closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withCidfile } from '../container/cidfile.ts';
import { createKept } from '../container/kept/create-kept.ts';
import { createdFile } from '../container/kept/kept-container.ts';
import { parseRunOptions } from '../container/request/parse-run-options.ts';
import { runOptionNames } from '../container/request/run-option-names.ts';
import type { RunOptions } from '../container/request/run-options.ts';
import type { ContainerId } from '../container/request/run-request.ts';
import type { ImageProgress } from '../image/progress.ts';
import { type Abortable, signalOf } from './abort.ts';
import { createdContainer } from './container-objects.ts';
import { inWords } from './in-words.ts';
import { checkImage, checkOptions } from './known-options.ts';
import { type PlaceOptions, pathsOf } from './places.ts';
import type { CreatedContainer } from './states.ts';

/** The flags of `tsrun create` and what only a program needs. */
export interface CreateOptions extends Omit<RunOptions, 'detach' | 'rm' | 'sigProxy'>, PlaceOptions, Abortable {
  /** Progress of reading the image. */
  readonly onProgress?: (event: ImageProgress) => void;
  /** One line about something that is not as asked, for example a default limit that is not in force. */
  readonly onNotice?: (line: string) => void;
}

const { detach: _d, rm: _r, sigProxy: _s, ...names } = runOptionNames;
const known = {
  ...names,
  signal: true,
  onProgress: true,
  onNotice: true,
  store: true,
  root: true,
} as const satisfies Record<keyof CreateOptions, true>;

/**
 * Makes a container that is not started yet. Other than one of {@link run} it goes on when this process ends, also by a kill; leaving the
 * scope of an `await using` removes it, in whatever state it is by then.
 *
 * @param image what `tsrun run` takes: a tar of docker save or of an OCI layout, a rootfs tar, a directory, a stored name
 * @throws TsrunError with `code`, `why` and `hint`; nothing is left behind then
 * @example
 * await using made = await create('db.tar', { name: 'db', memory: '256m', volumes: ['data:/var/lib/db'] });
 * const db = await made.start();
 * const { exitCode } = await (await db.exec(['db-ready'])).result();
 */
export async function create(image: string, options: CreateOptions = {}): Promise<CreatedContainer> {
  checkImage(image);
  checkOptions(options, known, 'create');
  const { signal: _, onProgress, onNotice, store, root, ...rest } = options;
  const paths = pathsOf({ store, root });
  const request = parseRunOptions(rest, {
    spell: (option) => option,
    cwd: process.cwd(),
    uid: process.geteuid?.() ?? 0,
    env: process.env,
    readFile: readFileSync,
  });
  const make = async (writeId: (id: ContainerId) => void): Promise<CreatedContainer> => {
    const { directory, name, held } = await createKept(image, request, {
      paths,
      get stdin() {
        return process.stdin;
      },
      onProgress: onProgress ?? (() => {}),
      signal: signalOf(options),
      notice: onNotice ?? (() => {}),
    });
    writeFileSync(join(directory.path, createdFile), '');
    for (const fd of held) closeSync(fd);
    writeId(directory.id);
    return createdContainer({ paths, id: directory.id, name, origin: 'created-here' });
  };
  return await inWords(paths, () => withCidfile(request.cidfile, make));
}
