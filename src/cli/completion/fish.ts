/** Completion for fish, from the tables that parse and document the flags. */
import { commandTable } from '../command-table.ts';
import type { Flag } from '../flags.ts';
import { globalFlags } from '../global-flags.ts';
import { runFlags } from '../run-help.ts';

const fishText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishFlag(one: Flag, condition: string): string {
  const takes = one.kind === 'switch' || one.kind === 'word' ? '' : one.complete === 'path' ? ' -rF' : ' -x';
  const choices = Array.isArray(one.complete) ? ` -a ${fishText(one.complete.join(' '))}` : '';
  const letter = one.short === null ? '' : ` -s ${one.short}`;
  return `complete -c tsrun -n ${fishText(condition)}${letter} -l ${one.long}${takes}${choices} -d ${fishText(one.about)}`;
}

export function fishScript(): string {
  const none = '__fish_use_subcommand';
  return [
    '# fish completion of tsrun: tsrun completion fish > ~/.config/fish/completions/tsrun.fish',
    'function __tsrun_images; tsrun images --filter dangling=false --format "{{.Repository}}:{{.Tag}}" 2>/dev/null; end',
    ...commandTable.map(({ name, summary }) => `complete -c tsrun -f -n ${none} -a ${name} -d ${fishText(summary)}`),
    ...globalFlags.map((one) => fishFlag(one, 'true')),
    ...runFlags
      .filter((one) => !globalFlags.includes(one))
      .map((one) => fishFlag(one, '__fish_seen_subcommand_from run')),
    "complete -c tsrun -n '__fish_seen_subcommand_from run' -F -a '(__tsrun_images)'",
    "complete -c tsrun -f -n '__fish_seen_subcommand_from rmi inspect' -a '(__tsrun_images)'",
    "complete -c tsrun -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'",
  ].join('\n');
}
