/** Completion scripts: made from the same tables that parse and document the flags. */
import { commandTable } from './command-table.ts';
import type { Flag } from './flags.ts';
import { globalFlags } from './global-flags.ts';
import { runFlags } from './run-help.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

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

export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
  }
}

function bash(): string {
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
    COMPREPLY=($(compgen -W "$(tsrun images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null)" -- "$cur")); return
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
  COMPREPLY=($(compgen -f -- "$cur") $(compgen -W "$(tsrun images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null)" -- "$cur"))
}
complete -o filenames -F _tsrun tsrun`;
}

/** Text inside single quotes and brackets of zsh's _arguments. */
const zshText = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(/([[\]:])/g, '\\$1');

function zshFlag(one: Flag): string[] {
  const value =
    one.complete === 'path'
      ? ':file:_files'
      : one.complete === 'none'
        ? ':value: '
        : `:value:(${one.complete.join(' ')})`;
  const repeat = one.kind === 'list' ? '*' : '';
  const about = `[${zshText(one.about)}]`;
  const spellings = [`--${one.long}${one.kind === 'switch' ? '' : one.kind === 'word' ? '=-' : '='}`];
  if (one.short !== null) spellings.push(`-${one.short}${one.kind === 'switch' ? '' : '+'}`);
  return spellings.map((spelling) => `'${repeat}${spelling}${about}${one.kind === 'switch' ? '' : value}'`);
}

function zsh(): string {
  const described = commandTable.map(({ name, summary }) => `'${name}:${zshText(summary)}'`).join(' ');
  return `#compdef tsrun
# zsh completion of tsrun: tsrun completion zsh > "\${fpath[1]}/_tsrun"
_tsrun_images() { local -a known; known=(\${(f)"$(tsrun images --format '{{.Repository}}\\:{{.Tag}}' 2>/dev/null)"}); _describe image known; _files }
_tsrun() {
  local -a commands; commands=(${described})
  _arguments -C ${globalFlags.flatMap(zshFlag).join(' ')} '--version[show the version]' '--help[show help]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $words[1] in
      run) _arguments -S -A '-*' ${runFlags.flatMap(zshFlag).join(' \\\n        ')} '1:image:_tsrun_images' '*::command:_normal' ;;
      rmi|inspect) _tsrun_images ;;
      completion) _values shell bash zsh fish ;;
      *) _files ;;
    esac ;;
  esac
}
# Autoloaded from fpath, this file is the body of the function; sourced, it only defines it.
if [[ $funcstack[1] == _tsrun ]]; then _tsrun "$@"; else compdef _tsrun tsrun; fi`;
}

const fishText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishFlag(one: Flag, condition: string): string {
  const takes = one.kind === 'switch' || one.kind === 'word' ? '' : one.complete === 'path' ? ' -rF' : ' -x';
  const choices = Array.isArray(one.complete) ? ` -a ${fishText(one.complete.join(' '))}` : '';
  const letter = one.short === null ? '' : ` -s ${one.short}`;
  return `complete -c tsrun -n ${fishText(condition)}${letter} -l ${one.long}${takes}${choices} -d ${fishText(one.about)}`;
}

function fish(): string {
  const none = '__fish_use_subcommand';
  return [
    '# fish completion of tsrun: tsrun completion fish > ~/.config/fish/completions/tsrun.fish',
    'function __tsrun_images; tsrun images --format "{{.Repository}}:{{.Tag}}" 2>/dev/null; end',
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
