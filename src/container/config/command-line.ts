/** The command line of PID 1, from the request's and the image's Entrypoint and Cmd. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { ImageConfig } from '../../image/image.ts';
import type { RunRequest } from '../request/run-request.ts';

/** What the command line begins with, whatever the command is. */
export const entrypointOf = (request: RunRequest, image: ImageConfig): readonly string[] =>
  request.entrypoint ?? image.entrypoint;

/**
 * Entrypoint and command, joined. As in docker the image's Cmd belongs to its own Entrypoint: with `--entrypoint` it is
 * dropped.
 *
 * @throws TsrunError USAGE when nothing is left to run.
 */
export function commandLine(request: RunRequest, image: ImageConfig): readonly string[] {
  const entrypoint = entrypointOf(request, image);
  const inherited = request.entrypoint === null ? image.cmd : [];
  const args = [...entrypoint, ...(request.command.length > 0 ? request.command : inherited)];
  if (args.length > 0) return args;
  throw new TsrunError('USAGE', 'no command to run', {
    why:
      request.entrypoint === null
        ? 'the image names neither an Entrypoint nor a Cmd'
        : "with --entrypoint the image's own Cmd does not count",
    hint: 'name one after the image, for example: tsrun run IMAGE sh',
  });
}
