/** tsrun-oci list: the containers of a root. */
import { listContainers, type OciContainer } from '../../../container/state/oci-directory.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { flag } from '../../flags.ts';
import { print } from '../../output.ts';
import { formatTable } from '../../table.ts';
import { isSet, lastOf, type OciCommand } from '../command.ts';

export const command: OciCommand = {
  usage: '[--format table|json] [--quiet]',
  about: 'list the containers',
  flags: [flag('value', '-f, --format FORMAT', 'table or json', ''), flag('switch', '-q, --quiet', 'ids alone', '')],
  words: 'own',
  failure: 1,
  async run(line, session) {
    const containers = listContainers(session.root);
    const format = lastOf(line, 'format') ?? 'table';
    if (isSet(line, 'quiet')) {
      for (const { id } of containers) print(id);
    } else if (format === 'json') print(JSON.stringify(containers.map(jsonOf)));
    else if (format === 'table') print(table(containers));
    else throw new TsrunError('USAGE', `--format cannot be "${format}"`, { why: 'it is table or json' });
    return 0;
  },
};

const pidOf = ({ state, status }: OciContainer): number => (status === 'stopped' ? 0 : state.pid);

/** The same members as in the answer of `state`. */
function jsonOf(container: OciContainer): object {
  const { id, state, status } = container;
  const { ociVersion, bundle, rootfs, created, owner, annotations } = state;
  return { ociVersion, id, pid: pidOf(container), status, bundle, rootfs, created, owner, annotations };
}

function table(containers: readonly OciContainer[]): string {
  const rows = containers.map((container) => {
    const { id, state, status } = container;
    return [id, String(pidOf(container)), status, state.bundle, state.created, state.owner];
  });
  return formatTable(['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], rows);
}
