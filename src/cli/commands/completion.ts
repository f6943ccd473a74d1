/** `tsrun completion bash|zsh|fish`. */
import { Argument, type Command } from 'commander';
import { print } from '../output.ts';
import { completionScript, type Shell } from '../shell-completion.ts';

export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'the shell to complete for').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', '\nFor this session: source <(tsrun completion bash)')
    .action((shell: Shell) => print(completionScript(shell)));
}
