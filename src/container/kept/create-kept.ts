/** Makes a container that is kept: `create`, and the first half of `run -d`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signalNumber } from '../../oci/signals.ts';
import { keptFile } from '../container-directory.ts';
import { discard, type NewContainer, newContainer } from '../new-container.ts';
import type { ImageSource } from '../prepare.ts';
import type { RunRequest } from '../request/run-request.ts';
import { encodeKept, type KeptRecord } from './kept-record.ts';

/** A kept container before its start. */
export interface MadeContainer extends NewContainer {
  readonly kept: KeptRecord;
}

/**
 * @throws TsrunError with nothing left behind
 */
export async function createKept(
  argument: string,
  asked: RunRequest,
  context: ImageSource & { notice(line: string): void },
): Promise<MadeContainer> {
  const made = await newContainer(argument, asked, context, 'always');
  try {
    const kept = keptRecord(made);
    writeFileSync(join(made.directory.path, keptFile), encodeKept(kept), { mode: 0o600 });
    return { ...made, kept };
  } catch (error) {
    await discard(context.paths, made);
    throw error;
  }
}

function keptRecord({ request, image, prepared, actor }: NewContainer): KeptRecord {
  const { config } = image;
  const id = image.type === 'layers' ? image.id : null;
  return {
    created: new Date().toISOString(),
    image: {
      argument: image.type === 'layers' ? image.id : image.path,
      name: actor.image,
      id,
    },
    command: prepared.config.process?.args ?? [],
    user: request.user ?? config.user,
    stopSignal: request.stopSignal ?? signalNumber(config.stopSignal ?? 'SIGTERM') ?? sigterm,
    removal: request.remove ? 'at-end' : 'by-hand',
    request,
  };
}

const sigterm = 15;
