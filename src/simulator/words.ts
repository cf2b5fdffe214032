import { FAULT_NAMES, parseFault } from './fault-names.ts';
import { SEND_STEPS } from './send-log.ts';

/** A command in plain words, as JSON would bring it; not checked yet. */
export type Spoken =
  | { readonly kind: 'command'; readonly command: string; readonly args: Readonly<Record<string, unknown>> }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'help'; readonly text: string };

interface Verb {
  readonly usage: string;
  /** `null` if the words do not fit the usage. */
  readonly parse: (words: Words) => Readonly<Record<string, unknown>> | null;
}

/** What follows the verb: words one by one, and whatever is left as it was typed. */
class Words {
  #left: string;

  constructor(text: string) {
    this.#left = text.trim();
  }

  next(): string | null {
    const match = /^(\S+)\s*/u.exec(this.#left);
    if (match?.[1] === undefined) {
      return null;
    }
    this.#left = this.#left.slice(match[0].length);
    return match[1];
  }

  /** Takes the next word if it is this one. */
  takes(word: string): boolean {
    if (this.#left.split(/\s/u, 1)[0] !== word) {
      return false;
    }
    this.next();
    return true;
  }

  number(): number | null {
    return /^\d+(?:\s|$)/u.test(this.#left) ? Number(this.next()) : null;
  }

  rest(): string {
    const text = this.#left;
    this.#left = '';
    return text;
  }
}

const none: Verb['parse'] = () => ({});
const by = (words: Words) => (words.takes('me') ? 'owner' : 'contact');

const VERBS: Readonly<Record<string, Verb>> = {
  text: { usage: 'text <from> <message>', parse: (words) => ({ from: words.next(), text: words.rest() }) },
  'late-text': {
    usage: 'late-text <join after ms | never> <from> <message>',
    parse: (words) => {
      const joinAfterMs = words.takes('never') ? 'never' : words.number();
      return joinAfterMs === null ? null : { joinAfterMs, from: words.next(), text: words.rest() };
    },
  },
  sms: {
    usage: 'sms <from> <message>',
    parse: (words) => ({ from: words.next(), text: words.rest(), service: 'SMS' }),
  },
  'group-text': {
    usage: 'group-text <group> <from> <message>',
    parse: (words) => ({ group: words.next(), from: words.next(), text: words.rest() }),
  },
  attachment: {
    usage: 'attachment <from> <file name> [bytes]',
    parse: (words) => ({ from: words.next(), name: words.next(), size: words.number() ?? 1_000 }),
  },
  react: {
    usage: 'react [me] <contact> <love|like|dislike|laugh|emphasize|question|any emoji> [remove]',
    parse: (words) => {
      const who = by(words);
      const contact = words.next();
      const what = words.next() ?? '';
      const remove = words.takes('remove');
      return /\p{Extended_Pictographic}/u.test(what)
        ? { by: who, contact, type: 'emoji', emoji: what, remove }
        : { by: who, contact, type: what, remove };
    },
  },
  edit: {
    usage: 'edit [me] <contact> <new text>',
    parse: (words) => ({ by: by(words), contact: words.next(), text: words.rest() }),
  },
  unsend: { usage: 'unsend [me] <contact>', parse: (words) => ({ by: by(words), contact: words.next() }) },
  read: {
    usage: 'read <contact>   (the contact reads what we sent)',
    parse: (words) => ({ contact: words.next() }),
  },
  'owner-reads': { usage: 'owner-reads <contact>', parse: (words) => ({ contact: words.next() }) },
  phone: {
    usage: 'phone <to> <message>   (the owner sends from the phone)',
    parse: (words) => ({ to: words.next(), text: words.rest() }),
  },
  delete: {
    usage: 'delete <contact>   (into Recently Deleted)',
    parse: (words) => ({ contact: words.next() }),
  },
  replay: {
    usage: 'replay <contact> [n]   (the newest n messages come again under new ROWIDs)',
    parse: (words) => ({ contact: words.next(), count: words.number() ?? 1 }),
  },
  burst: {
    usage: 'burst <n> [per transaction]',
    parse: (words) => ({ count: words.number(), perTransaction: words.number() ?? 1 }),
  },
  group: {
    usage:
      'group create <group> <member,member,…> <name> | rename <group> <name> | add|remove|leave <group> <who>',
    parse: (words) => {
      const action = words.next();
      const group = words.next();
      if (action === 'create') {
        const participants = words.next()?.split(',') ?? [];
        return { action, group, participants, name: words.rest() || null };
      }
      return action === 'rename'
        ? { action, group, name: words.rest() || null }
        : { action, group, who: words.next() };
    },
  },
  person: {
    usage:
      'person <handle> silent | offline | online | unreachable | reads [ms] | answers [ms] [text] | reacts [ms] [type]',
    parse: (words) => {
      const handle = words.next();
      const behaviour = parseBehaviour(words);
      return behaviour === null ? null : { handle, behaviour };
    },
  },
  fault: {
    usage: `fault <name> [on]   (for the next send, or until cleared): ${FAULT_NAMES.join(', ')}`,
    parse: (words) => {
      const name = words.next() ?? '';
      const fault = parseFault(name, words.number());
      const times = words.takes('on') ? 'on' : 'next';
      return fault === null ? null : { fault, times };
    },
  },
  'clear-faults': { usage: 'clear-faults', parse: none },
  quit: { usage: 'quit   (Messages quits)', parse: none },
  reopen: { usage: 'reopen', parse: none },
  kill: { usage: 'kill   (Messages is killed; its -wal comes back under a new inode)', parse: none },
  vanish: { usage: 'vanish   (the database goes away)', parse: none },
  restore: { usage: 'restore', parse: none },
  'replace-database': {
    usage: 'replace-database [renumbered [first row id]]',
    parse: (words) =>
      words.takes('renumbered') ? { content: 'renumbered', from: words.number() ?? 1 } : { content: 'empty' },
  },
  checkpoint: {
    usage: 'checkpoint [passive|full|restart|truncate]',
    parse: (words) => ({ mode: (words.next() ?? 'passive').toUpperCase() }),
  },
  'wait-for': {
    usage: `wait-for <${SEND_STEPS.join('|')}> <text of a send>`,
    parse: (words) => ({ step: words.next(), text: words.rest() }),
  },
  'wait-idle': { usage: 'wait-idle', parse: none },
  inbox: {
    usage: 'inbox [contact]   (what contacts were really shown)',
    parse: (words) => {
      const of = words.next();
      return of === null ? {} : { of };
    },
  },
  state: { usage: 'state', parse: none },
  exit: { usage: 'exit', parse: none },
};

/** The command that a verb of `VERBS` stands for, where it is not the verb itself. */
const ALIASES: Readonly<Record<string, string>> = { 'late-text': 'text', sms: 'text' };

export function parseWords(line: string): Spoken {
  const words = new Words(line);
  const verb = words.next();
  if (verb === null) {
    return { kind: 'nothing' };
  }
  const known = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (known === undefined) {
    return { kind: 'help', text: help() };
  }
  const args = known.parse(words);
  return args === null
    ? { kind: 'help', text: `usage: ${known.usage}` }
    : { kind: 'command', command: ALIASES[verb] ?? verb, args };
}

export function help(): string {
  return Object.values(VERBS)
    .map((verb) => `  ${verb.usage}`)
    .join('\n');
}

/** The usage line of a verb, for an answer to words that did not fit. */
export function usageOf(line: string): string {
  const verb = new Words(line).next() ?? '';
  const known = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  return known === undefined ? help() : `usage: ${known.usage}`;
}

function parseBehaviour(words: Words): Readonly<Record<string, unknown>> | null {
  const habit = words.next() ?? '';
  switch (habit) {
    case 'silent':
      return { readsAfterMs: null, answersAfterMs: null, reactsAfterMs: null };
    case 'offline':
      return { online: false };
    case 'online':
      return { online: true, reachable: true };
    case 'unreachable':
      return { reachable: false };
    case 'reads':
      return { readsAfterMs: words.number() ?? 500 };
    case 'answers': {
      const answersAfterMs = words.number() ?? 2_000;
      const answer = words.rest();
      return { answersAfterMs, ...(answer === '' ? {} : { answer }) };
    }
    case 'reacts': {
      const reactsAfterMs = words.number() ?? 1_000;
      const reaction = words.next();
      return { reactsAfterMs, ...(reaction === null ? {} : { reaction }) };
    }
    default:
      return null;
  }
}
