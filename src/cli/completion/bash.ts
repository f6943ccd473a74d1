/** Completion for bash, from the tables that parse and document the flags. */
import { commandTable } from '../command-table.ts';
import type { Flag } from '../flags.ts';
import { globalFlags } from '../global-flags.ts';
import { runFlags } from '../run-help.ts';

const commands = commandTable.map(({ name }) => name);

/** `--memory -m` of every flag. */
const words = (flags: readonly Flag[]): string =>
  flags.flatMap(({ long, short }) => [`--${long}`, ...(short === null ? [] : [`-${short}`])]).join(' ');

/** Flags whose next word is their value, as alternatives of a shell pattern. */
const takers = (flags: readonly Flag[]): string =>
  flags
    .filter(({ kind }) => kind === 'value' || kind === 'list')
    .flatMap(({ long, short }) => [`--${long}`, ...(short === null ? [] : [`-${short}`])])
    .join('|');

const pattern = ({ long, short }: Flag): string => [`--${long}`, ...(short === null ? [] : [`-${short}`])].join('|');

export function bashScript(): string {
  const choices = runFlags
    .filter(({ complete }) => Array.isArray(complete))
    .map(
      (one) =>
        `    ${pattern(one)}) COMPREPLY=($(compgen -W "${(one.complete as readonly string[]).join(' ')}" -- "$cur")); return ;;`,
    );
  const paths = runFlags.filter(({ complete }) => complete === 'path').map(pattern);
  return `# bash completion of tsrun: source <(tsrun completion bash)
_tsrun() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= index=1
  while ((index < COMP_CWORD)); do
    case \${COMP_WORDS[index]} in
      --store|--root) ((index++)) ;;
      -*) ;;
      *) command=\${COMP_WORDS[index]}; break ;;
    esac
    ((index++))
  done
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "${commands.join(' ')} ${words(globalFlags)} --help --version" -- "$cur"))
    return
  fi
  if [[ $command == completion ]]; then COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur")); return; fi
  if [[ $command == rmi || $command == inspect ]]; then
    COMPREPLY=($(compgen -W "$(tsrun images --filter dangling=false --format '{{.Repository}}:{{.Tag}}' 2>/dev/null)" -- "$cur")); return
  fi
  if [[ $command != run ]]; then COMPREPLY=($(compgen -W "${words(globalFlags)} --help" -- "$cur") $(compgen -f -- "$cur")); return; fi
  # Behind the image, the line belongs to the container.
  local at=$((index + 1))
  while ((at < COMP_CWORD)); do
    case \${COMP_WORDS[at]} in
      ${takers(runFlags)}) ((at++)) ;;
      -*) ;;
      *) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    esac
    ((at++))
  done
  case $prev in
${choices.join('\n')}
    ${paths.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    ${takers(runFlags)}) return ;;
  esac
  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "${words(runFlags)}" -- "$cur")); return; fi
  COMPREPLY=($(compgen -f -- "$cur") $(compgen -W "$(tsrun images --filter dangling=false --format '{{.Repository}}:{{.Tag}}' 2>/dev/null)" -- "$cur"))
}
complete -o filenames -F _tsrun tsrun`;
}
