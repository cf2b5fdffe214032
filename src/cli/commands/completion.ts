import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** Added last: it completes what has been added before, by a hidden command `complete` that the shells call. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('print the script by which a shell completes these commands')
    .helpGroup('Setting up:')
    .addHelpText(
      'after',
      `
  bash   blueline completion bash > ~/.local/share/bash-completion/completions/blueline
  zsh    blueline completion zsh > "\${fpath[1]}/_blueline"
  fish   blueline completion fish > ~/.config/fish/completions/blueline.fish

The script calls blueline, which must be on the PATH. That for bash needs the package
bash-completion (2.x).`,
    );
}
