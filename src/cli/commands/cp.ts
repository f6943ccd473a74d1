/** `tsrun cp`. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import {
  archiveOut,
  type CopyContext,
  type CopyHow,
  copyIn,
  copyOut,
  extractInto,
} from '../../container/files/copy.ts';
import type { Placed } from '../../container/files/place-archive.ts';
import { findKept } from '../../container/kept/find-kept.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import type { CommandContext } from '../command-table.ts';
import { type CopyArgument, copyArgument, refusePair } from '../copy-argument.ts';
import { copyProgress } from '../copy-progress.ts';
import { humanSize } from '../human.ts';
import { note } from '../output.ts';
import { refuseTerminal } from '../refuse-terminal.ts';

interface Flags {
  readonly archive?: boolean;
  readonly followLink?: boolean;
  readonly quiet?: boolean;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .usage('[flags] CONTAINER:SRC DEST|-\n       tsrun cp [flags] SRC|- CONTAINER:DEST')
    .argument('<source>', 'CONTAINER:PATH, a path of this machine, or - for an archive on standard input')
    .argument('<destination>', 'the other of the two; - writes an archive to standard output')
    .option('-a, --archive', 'keep the owners, instead of giving the files to root there or to you here')
    .option('-L, --follow-link', 'copy what a symbolic link at the source leads to')
    .option('-q, --quiet', 'no progress, and no word at the end')
    .action(async (from: string, to: string, flags: Flags) => {
      const source = copyArgument(from, 'source');
      const destination = copyArgument(to, 'destination');
      const interrupted = new ForegroundSignals(note);
      const progress = copyProgress({ quiet: flags.quiet ?? false });
      try {
        const how = {
          owners: flags.archive ? 'kept' : 'given',
          link: flags.followLink ? 'target' : 'itself',
        } as const;
        const context = { paths: session.paths(), signal: interrupted.signal, onProgress: progress.onProgress };
        const placed = await copy(source, destination, how, context);
        progress.close();
        if (placed !== null) report(placed, to, flags);
      } finally {
        progress.close();
        interrupted[Symbol.dispose]();
      }
    });
}

/** @returns null: it went to standard output */
async function copy(
  source: CopyArgument,
  destination: CopyArgument,
  how: CopyHow,
  context: CopyContext,
): Promise<Placed | null> {
  const { paths } = context;
  const cwd = process.cwd();
  if (source.type === 'container' && destination.type !== 'container') {
    const container = findKept(paths, source.container);
    if (destination.type === 'local') {
      return await copyOut(container, source.path, { path: destination.path, cwd }, how, context);
    }
    refuseTerminal('write the archive to it', 'tsrun cp CONTAINER:SRC - | tar t');
    await archiveOut(container, source.path, how.link, 1, context);
    return null;
  }
  if (destination.type !== 'container' || source.type === 'container') throw refusePair(source, destination);
  const container = findKept(paths, destination.container);
  if (source.type === 'local') {
    return await copyIn(container, { path: source.path, cwd }, destination.path, how, context);
  }
  if (isatty(0)) {
    throw new TsrunError('USAGE', 'no archive was given', {
      why: 'standard input is a terminal',
      hint: 'tar c FILES | tsrun cp - CONTAINER:DEST',
    });
  }
  return await extractInto(container, process.stdin, destination.path, context);
}

function report({ bytes, leftOutDevices, leftOutXattrs }: Placed, to: string, { quiet = false, archive }: Flags): void {
  if (leftOutDevices > 0) {
    const why = archive ? 'they cannot be made here' : 'with -a root copies them';
    note(`tsrun: ${leftOutDevices} device nodes were left out: ${why}`);
  }
  if (leftOutXattrs > 0) note(`tsrun: ${leftOutXattrs} extended attributes were left out: they cannot be set there`);
  if (!quiet) note(`Successfully copied ${humanSize(bytes)} to ${to}`);
}
