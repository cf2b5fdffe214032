import { isFinal, type ChatKey, type Command, type CommandId } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import type { CommandStore } from './command-store.ts';
import type { Moves } from './moves.ts';

export interface ErasedCommands {
  readonly erased: readonly CommandId[];
  /** These, and those that had been erased before: nothing needs their files any more. */
  readonly over: readonly CommandId[];
  /** Of these, the ones that were still waiting. */
  readonly canceled: number;
  /** On their way, or not yet given up: what proves them is their text. */
  readonly kept: number;
  /** Uploads that they named. */
  readonly files: readonly string[];
}

/**
 * Takes texts, file names and the client's own words from all commands to a chat; what was waiting is canceled. That
 * and when something was sent stays, as does what a repeated request is known by.
 */
export function eraseCommands(
  {
    store,
    commands,
    moves,
  }: { readonly store: Store; readonly commands: CommandStore; readonly moves: Moves },
  chat: ChatKey,
): ErasedCommands {
  const erased: CommandId[] = [];
  const over: CommandId[] = [];
  const files = new Set<string>();
  let canceled = 0;
  let kept = 0;
  for (const { id } of commands.since(chat, 0)) {
    canceled += moves.apply(id, { type: 'cancel' }) === null ? 0 : 1;
    const command = commands.get(id);
    if (command === null) {
      continue;
    }
    if (!isFinal(command)) {
      kept += 1;
      continue;
    }
    over.push(id);
    for (const { content } of command.parts) {
      if (content.kind === 'file') {
        files.add(content.fileId);
      }
    }
    // An earlier run that was cut off may have come this far, and not to the files.
    if (!isErased(command)) {
      store.transaction(() => commands.save(withoutWords(command)));
      erased.push(id);
    }
  }
  return { erased, over, canceled, kept, files: [...files] };
}

function withoutWords(command: Command): Command {
  return {
    ...command,
    metadata: null,
    optIn: null,
    parts: command.parts.map((part) => ({
      ...part,
      content:
        part.content.kind === 'text' ? { kind: 'text', text: '' } : { ...part.content, name: '', path: '' },
    })),
  };
}

function isErased(command: Command): boolean {
  const { parts, metadata, optIn } = command;
  const isBare = parts.every(({ content }) => (content.kind === 'text' ? content.text : content.name) === '');
  return isBare && metadata === null && optIn === null;
}
