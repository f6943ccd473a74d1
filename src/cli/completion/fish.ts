/** Completion for fish. */

export const fishScript =
  (): string => `# fish completion of tsrun: tsrun completion fish > ~/.config/fish/completions/tsrun.fish
function __tsrun_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current")
            case ':'
            case '*'
                echo $line
        end
    end
end
complete -c tsrun -f -a '(__tsrun_complete)'`;
