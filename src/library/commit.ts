/** `commit`: an image of what a container changed. */
import { commit as commitOf } from '../container/commit/commit.ts';
import { parseReference } from '../image/reference.ts';
import { type Abortable, signalOf } from './abort.ts';
import { now, type Stored } from './stored.ts';

/** The flags of `tsrun commit`. */
export interface CommitOptions extends Abortable {
  /** `NAME[:TAG]`. Default: the image has its id alone. */
  readonly name?: string;
  /** Who made it. */
  readonly author?: string;
  /** What it is. */
  readonly message?: string;
  /** Dockerfile instructions about the config, for example `CMD ["httpd"]`. */
  readonly changes?: readonly string[];
  /** Its processes stand still meanwhile. Default: true. */
  readonly pause?: boolean;
  /** One line when they cannot be made to. */
  readonly onNotice?: (line: string) => void;
}

export function commit(stored: Stored, options: CommitOptions): Promise<string> {
  const { name, author, message, changes = [], pause = true, onNotice } = options;
  const request = {
    name: name === undefined ? null : parseReference(name),
    author: author ?? null,
    message: message ?? null,
    changes,
    pause,
  };
  const context = { paths: stored.paths, signal: signalOf(options), notice: onNotice ?? (() => {}) };
  return commitOf(now(stored), request, context);
}
