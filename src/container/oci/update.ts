/** `update`: other limits for a container that runs. */
import { join } from 'node:path';
import { asFarAsPossible, updateLimits } from '../../cgroup/update.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { pageSize } from '../../host/page-size.ts';
import { formatExactJson } from '../../oci/parse/exact-json.ts';
import type { OciResources } from '../../oci/resources.ts';
import { lockContainer, openContainer, writeWhole } from '../state/oci-directory.ts';
import { readConfig } from './exec.ts';
import { limitsDemand } from './limits-demand.ts';

/**
 * The config of the container says from then on what is in force: a later update builds on it.
 *
 * @returns what was asked for and is not in force, a sentence each
 * @throws TsrunError when the kernel refuses a value; then nothing has changed
 */
export async function updateContainer(root: string, id: string, changes: OciResources): Promise<readonly string[]> {
  const container = openContainer(root, id);
  await lockContainer(container);
  const { state, status } = container;
  if (status === 'stopped') {
    throw new TsrunError('USAGE', `cannot change the limits of container "${container.id}"`, {
      why: 'container not running',
    });
  }
  const config = readConfig(container);
  let resources: OciResources = config.linux?.resources ?? {};
  const group = state.cgroup === null ? null : { path: state.cgroup, scope: state.scope };
  const update = async (part: OciResources): Promise<readonly string[]> => {
    const done = await updateLimits(group, { before: resources, changes: part }, pageSize());
    ({ resources } = done);
    return done.notes;
  };
  const notes =
    limitsDemand() === 'required' ? await update(changes) : await asFarAsPossible(byController(changes), update);
  const updated = { ...config, linux: { ...config.linux, resources } };
  writeWhole(join(container.path, 'config.json'), formatExactJson(updated), 0o600);
  return notes;
}

/** A change for each controller: cpuset has its fields among those of cpu. */
function byController({ cpu, ...others }: OciResources): readonly OciResources[] {
  const sections = Object.entries(others).map(([name, section]): OciResources => ({ [name]: section }));
  if (cpu === undefined) return sections;
  const { cpus, mems, ...time } = cpu;
  const sets = { ...(cpus === undefined ? {} : { cpus }), ...(mems === undefined ? {} : { mems }) };
  return [...sections, ...[sets, time].filter((part) => Object.keys(part).length > 0).map((part) => ({ cpu: part }))];
}
