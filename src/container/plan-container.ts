/** A container's plan without the container, for `--dry-run`. */

import { closeSync } from 'node:fs';
import type { Paths } from '../host/paths.ts';
import { sha256Hex } from '../native/sha256.ts';
import { noNetworkShell } from '../network/network-shell.ts';
import { withNetworks } from '../plan/parent.ts';
import type { Plan } from '../plan/plan.ts';
import type { ScriptFrame } from '../plan/render/shell-frame.ts';
import { withoutPrimitives } from './config/without.ts';
import { filesFor } from './container-directory.ts';
import type { PlannedConnection } from './networks.ts';
import {
  ensureBindSources,
  etcFiles,
  hostContext,
  type ImageSource,
  openRequestedImage,
  preparePlan,
} from './prepare.ts';
import { publishExposed } from './request/exposed-ports.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';
import { resolveJoins } from './resolve-joins.ts';
import { withVolumes } from './volumes/with-volumes.ts';

export interface PlannedContainer {
  readonly plan: Plan;
  /** Beside the plan, what a script that carries it out has to make. */
  readonly frame: Omit<ScriptFrame, 'title' | 'uid'>;
  /** What would not be as asked: limits that are not in force. */
  readonly notes: readonly string[];
}

/**
 * The plan that {@link startContainer} would carry out for the same arguments.
 *
 * Reads the image, unpacks and stores it when that has not happened yet: its config says what to run. Makes no
 * directory of a container, no control group and no process.
 *
 * @throws TsrunError as startContainer does before it starts anything
 */
export async function planContainer(
  argument: string,
  asked: RunRequest,
  context: ImageSource,
): Promise<PlannedContainer> {
  const whole = withoutPrimitives(asked);
  // The id of no container, always the same: two plans differ only where their requests do.
  const dryId = sha256Hex('dry run') as ContainerId;
  ensureBindSources(whole, false);
  const host = hostContext(whole);
  const image = await openRequestedImage(argument, whole, host.userns, context);
  try {
    const { paths } = context;
    const withOwn = (await withVolumes(publishExposed(whole, image.config), image.config, paths)).request;
    const request = await resolveJoins(paths, dryId, withOwn, host.userns);
    const files = filesFor(paths, dryId);
    const { plan, places, notes } = preparePlan({
      request,
      image,
      id: dryId,
      paths,
      files,
      context: host,
      life: 'command',
    });
    const directories = [files.rootfs, files.upper, files.work];
    const connection = await connectionOf(paths, request, dryId, plan);
    return {
      plan: connection.plan,
      notes,
      frame: {
        ...places,
        directories,
        files: etcFiles(
          files,
          { ...request, extraHosts: connection.extraHosts },
          dryId,
          connection.endpoints,
          connection.resolver,
        ),
        network: connection.shell,
      },
    };
  } finally {
    if (image.type === 'layers') closeSync(image.lock);
  }
}

async function connectionOf(
  paths: Paths,
  request: RunRequest,
  id: ContainerId,
  plan: Plan,
): Promise<PlannedConnection> {
  const { network, publish, extraHosts, dns } = request;
  // Loaded here: both are code of their own.
  if (typeof network === 'object' && network.type === 'networks') {
    return await (await import('./networks.ts')).planConnection(paths, id, { network, publish, extraHosts, dns }, plan);
  }
  if (typeof network === 'object' && network.type === 'cni') {
    const planned = await (await import('./cni.ts')).planCni(paths, id, { ...request, network });
    return { plan, extraHosts, resolver: null, ...planned };
  }
  if (typeof network === 'object' && network.type === 'pasta') {
    const { planPasta } = await import('./pasta.ts');
    plan = withNetworks(plan, (await planPasta(network, publish)).steps);
  }
  return { plan, endpoints: [], extraHosts, resolver: null, shell: noNetworkShell };
}
