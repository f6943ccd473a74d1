/** Makes a container: `create`, and the first half of `run`. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';
import { signalNumber } from '../../oci/signals.ts';
import { entrypointOf } from '../config/command-line.ts';
import { byHandFile, containersDirectory, keptFile } from '../container-directory.ts';
import { healthCheck } from '../health/health-check.ts';
import type { LaunchContext } from '../launch.ts';
import { holderOf } from '../network-holder.ts';
import { discard, type NewContainer, newContainer } from '../new-container.ts';
import type { ImageSource, Prepared } from '../prepare.ts';
import type { ContainerId, RunRequest } from '../request/run-request.ts';
import { encodeKept, type KeptRecord } from './kept-record.ts';
import { writePlan } from './plan-file.ts';
import { writePolicy } from './restart-files.ts';
import { writeConfig } from './write-config.ts';

/** A container before its start. */
export interface MadeContainer extends NewContainer {
  readonly kept: KeptRecord;
}

/**
 * The container of `create` and of `run -d`: whole, for others to find.
 *
 * @throws TsrunError with nothing left behind
 */
export async function createKept(
  argument: string,
  asked: RunRequest,
  context: ImageSource & { notice(line: string): void },
): Promise<MadeContainer> {
  const made = await makeUnkept(argument, asked, context);
  try {
    writeKept(made);
    return made;
  } catch (error) {
    await discard(context.paths, made);
    throw error;
  }
}

/** Nobody finds it before {@link writeKept}, and one whose command is killed until then goes without a trace. */
export async function makeUnkept(
  argument: string,
  asked: RunRequest,
  context: ImageSource & { notice(line: string): void },
): Promise<MadeContainer> {
  const made = await newContainer(argument, asked, context);
  return { ...made, kept: keptRecord(made) };
}

/**
 * A plan with what connects the container with its networks; the caller holds its lock. `held` gets what its monitor is to hold besides. One of `create` waits for its start.
 *
 * @throws TsrunError with nothing of a connection left
 */
export async function connected(
  {
    id,
    request,
    prepared,
    userns,
    held,
  }: Pick<NewContainer, 'request' | 'prepared' | 'userns' | 'held'> & { readonly id: ContainerId },
  { paths, notice, onStep }: Pick<LaunchContext, 'notice' | 'onStep'> & { readonly paths: Paths },
): Promise<{ readonly prepared: Prepared; giveBack(): Promise<void> }> {
  const { network } = request;
  const unconnected = { prepared, giveBack: () => Promise.resolve() };
  if (typeof network === 'string' || network.type === 'container' || network.type === 'path') return unconnected;
  // Loaded here: a container without one does not need them.
  if (network.type === 'pasta') {
    const { connectByPasta } = await import('../pasta.ts');
    const whole = await connectByPasta(holderOf(paths, id), prepared, network, request.publish, notice);
    writePlan(join(containersDirectory(paths), id), whole.plan);
    return { prepared: whole, giveBack: () => Promise.resolve(rmSync(holderOf(paths, id).file, { force: true })) };
  }
  if (network.type === 'cni') {
    const { connectByCni, disconnectCni } = await import('../cni.ts');
    await explained(() => connectByCni(paths, id, { ...request, network }, userns), onStep);
    return { prepared, giveBack: () => disconnectCni(paths, id) };
  }
  const { connectContainer, disconnectContainer } = await import('../networks.ts');
  const whole = await explained(
    () => connectContainer(paths, id, { ...request, network }, prepared, userns, held, notice),
    onStep,
  );
  writePlan(join(containersDirectory(paths), id), whole.plan);
  return {
    prepared: whole,
    giveBack: () => disconnectContainer(paths, id),
  };
}

/** Has whoever listens to the steps of a start hear of what connects it. */
async function explained<T>(work: () => Promise<T>, onStep: LaunchContext['onStep']): Promise<T> {
  if (onStep === null) return await work();
  const { witnessed } = await import('../../network/netlink/witness.ts');
  return await witnessed((change) => onStep({ type: 'changed', change }), work);
}

/** What others need: to find it, to run a command in it, to start it again. */
export function writeKept({ directory: { path }, kept, prepared }: MadeContainer): void {
  writeConfig(path, prepared.config);
  writePlan(path, prepared.plan);
  if (kept.request.restart.name !== 'no') writePolicy(path, kept.request.restart);
  if (kept.removal === 'by-hand') writeFileSync(join(path, byHandFile), '', { mode: 0o600 });
  writeFileSync(join(path, keptFile), encodeKept(kept), { mode: 0o600 });
}

function keptRecord({ request, image, prepared, actor }: NewContainer): KeptRecord {
  const { config } = image;
  const id = image.type === 'layers' ? image.id : null;
  const now = Date.now();
  return {
    // A getter: for the first date that becomes text the time zone is loaded, which can wait until the monitor is at work.
    get created() {
      return new Date(now).toISOString();
    },
    image: {
      argument: image.type === 'layers' ? image.id : image.path,
      name: actor.image,
      id,
    },
    command: prepared.config.process?.args ?? [],
    entrypoint: entrypointOf(request, config),
    user: request.user ?? config.user,
    stopSignal: request.stopSignal ?? signalNumber(config.stopSignal ?? 'SIGTERM') ?? sigterm,
    removal: request.remove ? 'at-end' : 'by-hand',
    health: healthCheck(request.health, config),
    request,
  };
}

const sigterm = 15;
