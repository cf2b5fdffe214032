/** What the process ends with; scripts can rely on it. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  auth: 3,
  notFound: 4,
  refused: 5,
  environment: 6,
  /** Ctrl-C before the command was done: 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The lines about them in the help. */
export const EXIT_HELP = [
  '0 ok   1 failure   2 usage   3 key missing, wrong or too narrow   4 not found',
  '5 refused by a rule   6 environment: no daemon, no permission, no Messages',
];
