/** Completion for zsh. */

export const zshScript = (): string => `#compdef tsrun
# zsh completion of tsrun: tsrun completion zsh > "\${fpath[1]}/_tsrun"
_tsrun() {
  local -a lines described open
  local line last word
  lines=("\${(@f)$(\${(Q)words[1]} __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    if [[ $line == :* ]]; then last=$line; continue; fi
    word=\${line%%$'\\t'*}
    if [[ $word == *[=,] ]]; then open+=("$word"); else described+=("\${word//:/\\\\:}:\${line#*$'\\t'}"); fi
  done
  (( $#described )) && _describe tsrun described
  (( $#open )) && compadd -S '' -a open
  [[ $last == :files ]] && { compset -P '--*='; _files }
  return 0
}
# Autoloaded from fpath, this file is the body of the function; sourced, it only defines it.
if [[ $funcstack[1] == _tsrun ]]; then _tsrun "$@"; else compdef _tsrun tsrun; fi`;
