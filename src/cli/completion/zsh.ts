/** Completion for zsh, from the tables that parse and document the flags. */
import { commandTable } from '../command-table.ts';
import type { Flag } from '../flags.ts';
import { globalFlags } from '../global-flags.ts';
import { runFlags } from '../run-help.ts';

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

export function zshScript(): string {
  const described = commandTable.map(({ name, summary }) => `'${name}:${zshText(summary)}'`).join(' ');
  return `#compdef tsrun
# zsh completion of tsrun: tsrun completion zsh > "\${fpath[1]}/_tsrun"
_tsrun_images() { local -a known; known=(\${(f)"$(tsrun images --filter dangling=false --format '{{.Repository}}\\:{{.Tag}}' 2>/dev/null)"}); _describe image known; _files }
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
