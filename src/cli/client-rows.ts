/** Containers that a client (podman, docker, containerd) made through tsrun-oci, as rows of `ps`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OciContainer } from '../container/state/oci-directory.ts';
import { localMoment } from '../host/local-time.ts';
import type { Paths } from '../host/paths.ts';
import { type ContainerRow, rowTexts } from './container-rows.ts';

/** What stands in the column of the image: a bundle does not say which it was made from. */
const mark = '(tsrun-oci)';

/**
 * Those of tsrun-oci's own `--root`; a client that gives another has its own list.
 *
 * @param which as `ps` and `ps -a`
 */
export async function clientRows(
  paths: Paths,
  which: 'running' | 'all',
  now: number,
  width: 'short' | 'full',
): Promise<readonly ContainerRow[]> {
  const root = join(paths.state, 'oci');
  if (isEmpty(root)) return [];
  // Loaded here: most machines have none.
  const { listContainers } = await import('../container/state/oci-directory.ts');
  return listContainers(root)
    .filter(({ status }) => which === 'all' || status === 'running' || status === 'paused')
    .map((container) => rowOf(container, now, width));
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch {
    return true;
  }
}

function rowOf({ id, path, state, status }: OciContainer, now: number, width: 'short' | 'full'): ContainerRow {
  const text = rowTexts({ command: commandOf(path), created: state.created }, now, width);
  return {
    ID: width === 'full' ? id : id.slice(0, 12),
    Image: mark,
    ...text,
    get CreatedAt() {
      return localMoment(Date.parse(state.created));
    },
    Ports: '',
    State: status,
    Status: statusText(status, text.RunningFor),
    Names: id,
    Labels: Object.entries(state.annotations)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    // Its client's to say.
    Mounts: '',
    LocalVolumes: 'N/A',
    Networks: 'N/A',
    Size: 'N/A',
    Label: (name) => state.annotations[String(name)] ?? '',
  };
}

/** Its state says when it was made; when it was started only its client knows. */
function statusText(status: OciContainer['status'], age: string): string {
  if (status === 'created') return 'Created';
  if (status === 'stopped') return 'Exited';
  const up = `Up ${age.replace(/ ago$/, '')}`;
  return status === 'paused' ? `${up} (Paused)` : up;
}

function commandOf(path: string): string {
  try {
    const config: { readonly process?: { readonly args?: readonly string[] } } = JSON.parse(
      readFileSync(join(path, 'config.json'), 'utf8'),
    );
    return config.process?.args?.join(' ') ?? '';
  } catch {
    // It is being deleted.
    return '';
  }
}
