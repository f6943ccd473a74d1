/** `tsrun volume create [NAME]`. */
import type { Command } from 'commander';
import { localDriver, parseDriverOptions } from '../../../container/request/driver-options.ts';
import { parseLabels } from '../../../container/request/labels.ts';
import { parseVolumeName } from '../../../container/request/names.ts';
import { newVolumeName } from '../../../container/volumes/choose-volumes.ts';
import { ensureVolume } from '../../../container/volumes/make-volume.ts';
import { lockVolume } from '../../../container/volumes/volume-lock.ts';
import { anonymousLabel } from '../../../container/volumes/volume-record.ts';
import { append } from '../../append.ts';
import type { CommandContext } from '../../command-table.ts';
import { print } from '../../output.ts';

interface Flags {
  readonly driver: string;
  readonly label: readonly string[];
  readonly opt: readonly string[];
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('[new-name]', 'nothing: one that has 64 random digits for a name')
    .option('-d, --driver <driver>', 'local is the only one', localDriver)
    .option('--label <label>', 'attach a label: KEY or KEY=VALUE', append, [])
    .option('-o, --opt <option>', 'type=none, o=bind and device=/PATH together: files of the host', append, [])
    .action(async (word: string | undefined, { driver, label, opt }: Flags) => {
      const labels = parseLabels(label, '--label');
      const options = parseDriverOptions(driver, opt, '--opt');
      const name = word === undefined ? newVolumeName() : parseVolumeName(word, word, 'the volume');
      const paths = session.paths();
      using locked = await lockVolume(paths, name, null);
      await ensureVolume(paths, locked, {
        name,
        labels: word === undefined ? { ...labels, [anonymousLabel]: '' } : labels,
        options,
      });
      print(name);
    });
}
