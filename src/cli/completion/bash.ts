/** Completion for bash. */

/**
 * bash takes `:` and `=` for ends of words (COMP_WORDBREAKS): the words are put together again as they stand in the line, and
 * of a candidate only what follows the last of those characters is given back, because only that is replaced.
 */
export const bashScript = (): string => `# bash completion of tsrun: source <(tsrun completion bash)
_tsrun() {
  local rest=\${COMP_LINE:0:COMP_POINT} words=() index word bare
  for ((index = 0; index <= COMP_CWORD; index++)); do
    bare=\${rest#"\${rest%%[![:space:]]*}"} word=\${COMP_WORDS[index]}
    ((index < COMP_CWORD)) || word=$bare
    if ((index == 0)) || [[ $bare != "$rest" ]]; then words+=("$word"); else words[\${#words[@]}-1]+=$word; fi
    rest=\${bare#"$word"}
  done
  local current=\${words[\${#words[@]}-1]} ends=\${COMP_WORDBREAKS//[^:=]/} line last= names=() files=()
  current=\${current#[\\"\\']} words[\${#words[@]}-1]=$current
  while IFS= read -r line; do
    if [[ $line == :* ]]; then last=$line; else names+=("\${line%%$'\\t'*}"); fi
  done < <("\${1:-tsrun}" __complete "\${words[@]:1}" 2>/dev/null)
  local before=
  [[ -z $ends ]] || before=\${current%"\${current##*[$ends]}"}
  if [[ $last == :files ]]; then
    local path=$current
    [[ $path != --*=* ]] || path=\${path#*=}
    while IFS= read -r line; do files+=("$line"); done < <(compgen -f -- "$path")
  fi
  if ((\${#names[@]} == 0)); then compopt -o filenames 2>/dev/null
  else
    # bash quotes and ends names of files only where all are some.
    for index in "\${!files[@]}"; do
      line=\${files[index]}
      printf -v "files[index]" %q "$line"
      [[ ! -d $line ]] || files[index]+=/
    done
  fi
  COMPREPLY=("\${names[@]#"$before"}" "\${files[@]}")
  if ((\${#names[@]} == 1)) && [[ \${names[0]} == *[=,] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _tsrun tsrun`;
