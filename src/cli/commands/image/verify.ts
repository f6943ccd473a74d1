/** `tsrun image verify`. */
import type { Command } from 'commander';
import type { Verified } from '../../../image/verify/verify-images.ts';
import { ForegroundSignals } from '../../../process/foreground-signals.ts';
import type { CommandContext } from '../../command-table.ts';
import { counted } from '../../human.ts';
import { hereContext } from '../../load-here.ts';
import { note, print } from '../../output.ts';
import { errorText } from '../../report-error.ts';

export function define(command: Command, { session, exit }: CommandContext): void {
  command
    .option('--repair', 'get again what is damaged, from the file or the registry it came from')
    .action(async ({ repair = false }: { readonly repair?: boolean }) => {
      const interrupted = new ForegroundSignals(note);
      const { signal } = interrupted;
      const paths = session.paths();
      try {
        const { verifyImages } = await import('../../../image/verify/verify-images.ts');
        let verified = await verifyImages(paths, signal);
        for (const { what } of verified.findings) print(what);
        if (repair && verified.findings.length > 0) {
          const { repairImages } = await import('../../../image/verify/repair-images.ts');
          const context = hereContext({ paths, signal, onProgress: () => undefined });
          for (const { image, failure } of await repairImages(verified.findings, context)) {
            if (failure === null) print(`Repaired: ${image}`);
            else note(errorText(failure, false));
          }
          verified = await verifyImages(paths, signal);
          for (const { what } of verified.findings) print(`still: ${what}`);
        }
        for (const why of verified.contentsOnly)
          note(`tsrun: owners, modes and times of some layers were not compared: ${why}`);
        print(summary(verified));
        if (verified.findings.length > 0) exit(1);
      } finally {
        interrupted[Symbol.dispose]();
      }
    });
}

function summary({ images, layers, unknown, findings }: Verified): string {
  const unread = unknown === 0 ? '' : `, ${unknown} of an older tsrun not compared`;
  const faults = findings.length === 0 ? 'nothing is wrong' : counted(findings.length, 'fault');
  return `${counted(images, 'image')}, ${counted(layers, 'layer')}${unread}: ${faults}`;
}
