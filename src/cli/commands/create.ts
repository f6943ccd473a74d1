/** `tsrun create`: the flags of `run`; the container waits for `start`. */
import { closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withCidfile } from '../../container/cidfile.ts';
import { createKept } from '../../container/kept/create-kept.ts';
import { createdFile } from '../../container/kept/kept-container.ts';
import { foregroundContext } from '../foreground-context.ts';
import { print } from '../output.ts';
import type { Session } from '../session.ts';
import { help, readRunLine } from './run.ts';

export async function create(argv: readonly string[], session: Session): Promise<number> {
  const line = readRunLine('create', argv, session);
  if (line.type === 'help') return help('create', line.which);
  session.stage = 'doing';
  using context = foregroundContext({
    paths: session.paths(),
    quiet: line.quiet,
    onStep: null,
    afterLaunch: 'detaches',
  });
  const id = await withCidfile(line.request.cidfile, async (writeId) => {
    const { directory, held } = await createKept(line.argument, line.request, context);
    writeFileSync(join(directory.path, createdFile), '');
    for (const fd of held) closeSync(fd);
    writeId(directory.id);
    return directory.id;
  });
  print(id);
  return 0;
}
