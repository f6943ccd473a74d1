/** `tsrun completion bash|zsh|fish`. */
import { Argument, type Command } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';
import { print } from '../output.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'the shell to complete for').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', '\nFor this session: source <(tsrun completion bash)')
    .action((shell: keyof typeof scripts) => print(scripts[shell]()));
}
