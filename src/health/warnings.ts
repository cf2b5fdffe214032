/** `unhealthy` turns the bridge's status; `degraded` is told but leaves it healthy. */
export type Severity = 'degraded' | 'unhealthy';

interface Definition {
  readonly severity: Severity;
  readonly title: string;
  /** What is the case, as a sentence. */
  readonly text: string;
  /** What a person can do about it. */
  readonly action: string;
}

const PRIVACY = 'System Settings › Privacy & Security';

/** Every warning that the bridge can give, in the order in which they are told: the cause before what follows from it. */
export const WARNINGS = {
  store_failing: {
    severity: 'unhealthy',
    title: 'Own database fails',
    text: 'Blueline cannot read or write its own database; nothing is accepted or recorded.',
    action:
      'Check that the disk is not full and that the data folder belongs to the user that runs Blueline.',
  },
  store_damaged: {
    severity: 'unhealthy',
    title: 'Own database is damaged',
    text: 'Blueline came upon damage in its own database; what lies there cannot be read or written.',
    action:
      'Restart Blueline: it looks at all of it, sets it aside and makes a new one, with what is still whole. Then look at the disk.',
  },
  store_rebuilt: {
    severity: 'degraded',
    title: 'Own database was made anew',
    text: "Blueline's own database was damaged. It was set aside, and a new one was made with what was still whole of it and what chat.db tells.",
    action:
      'Look at the log for what was lost: make keys anew (blueline keys create) and set up what used them, or go back with blueline restore. Then move the file that was set aside out of the data folder.',
  },
  store_restored: {
    severity: 'degraded',
    title: 'Own database was restored',
    text: "Blueline's own database was restored from a backup; readers begin anew, and what was open then has an unknown outcome.",
    action:
      'Look at blueline outbox list --state unknown, and send again by hand what is not in Messages. Then move the file that was set aside out of the data folder.',
  },
  chat_db_missing: {
    severity: 'unhealthy',
    title: 'chat.db is missing',
    text: 'The Messages database is not where it is expected; nothing that arrives is seen.',
    action: 'Open Messages and sign in once, or correct messages.db in the configuration.',
  },
  chat_db_unreadable: {
    severity: 'unhealthy',
    title: 'chat.db cannot be read',
    text: 'macOS does not let Blueline read the Messages database; nothing that arrives is seen.',
    action: `Allow the program that runs Blueline under ${PRIVACY} › Full Disk Access, then restart it.`,
  },
  chat_db_invalid: {
    severity: 'unhealthy',
    title: 'chat.db is not understood',
    text: 'The file at messages.db is damaged or is no Messages database.',
    action: 'Correct messages.db in the configuration; if the path is right, restart Messages or this Mac.',
  },
  chat_db_locked: {
    severity: 'degraded',
    title: 'chat.db is locked',
    text: 'Another program has locked the Messages database for longer than a look waits.',
    action: 'Close programs that open chat.db (database browsers, backups); it clears by itself after that.',
  },
  capture_stopped: {
    severity: 'unhealthy',
    title: 'Capture has stopped',
    text: 'Nothing reads the Messages database; what arrives is not reported until it is read again.',
    action: 'Restart Blueline; nothing is lost, it reads on from where it stopped. Then look at its log.',
  },
  capture_behind: {
    severity: 'degraded',
    title: 'Capture is behind',
    text: 'Rows of the Messages database wait to be reported for longer than usual.',
    action: 'Check the load of this Mac and its disk; it catches up by itself.',
  },
  capture_scanning: {
    severity: 'degraded',
    title: 'Changes of old rows come late',
    text: 'The WAL of the Messages database cannot be followed here, so that it is scanned: new rows and changes of recent ones are told at once, changes of older ones once a day.',
    action: 'Restart Blueline once. If it stays so, report it with the version of macOS.',
  },
  capture_surprised: {
    severity: 'degraded',
    title: 'Changes were noticed late',
    text: 'The daily comparison found changes that had not been noticed when they were made. They have been told now.',
    action: 'Report it, with the log: it should never happen.',
  },
  automation_denied: {
    severity: 'unhealthy',
    title: 'Automation is not allowed',
    text: 'macOS does not let Blueline control Messages; nothing can be sent.',
    action: `Allow Messages for the program that runs Blueline under ${PRIVACY} › Automation, or answer the prompt on the screen of this Mac.`,
  },
  messages_not_running: {
    severity: 'unhealthy',
    title: 'Messages is not running',
    text: 'The Messages app is not running; nothing is received, and nothing can be sent.',
    action: 'Open Messages on this Mac and keep it open.',
  },
  messages_not_responding: {
    severity: 'unhealthy',
    title: 'Messages does not respond',
    text: 'The Messages app does not answer; texts wait or end with an unknown outcome.',
    action: 'Look at its window for a dialog that waits for an answer, else quit and reopen it.',
  },
  messages_unknown: {
    severity: 'degraded',
    title: 'Status of Messages is unknown',
    text: 'Messages could not be asked how it is.',
    action:
      'Check that Blueline runs in the graphical session of the user (a LaunchAgent, not ssh), and messages.osascript if it is set.',
  },
  line_paused: {
    severity: 'unhealthy',
    title: 'The line is paused',
    text: 'Nothing is sent; what is accepted waits until it expires.',
    action:
      'Look whether Messages is signed in and a text sent by hand arrives, then POST /v1/lines/{id}/resume. A line that no person paused relaunches Messages and tries again by itself.',
  },
  line_flagged: {
    severity: 'degraded',
    title: 'The line is flagged',
    text: 'Apple seems to throttle it; nothing but replies is sent.',
    action:
      'Let it rest for a day. GET /v1/lines/{id}/report shows the hour before; POST /v1/lines/{id}/clear lets it send again, slowly at first.',
  },
  history_unread: {
    severity: 'degraded',
    title: 'History is being read',
    text: 'At the first start the messages of this Mac are counted, so that the limits know them; until then nothing but replies is sent.',
    action: 'Wait; it goes on by itself, also after a restart.',
  },
  limits_off: {
    severity: 'degraded',
    title: 'No limits are kept',
    text: 'The preset is `off`: nothing keeps this line from being banned.',
    action: 'Set limits.preset to balanced, or to another preset, in the configuration.',
  },
  script_stuck: {
    severity: 'unhealthy',
    title: 'A script cannot be ended',
    text: 'A script that was killed is still there and may yet send its text; nothing else is sent before it is gone.',
    action: 'Quit Messages, by force if need be; if the process osascript stays, restart this Mac.',
  },
  sends_refused: {
    severity: 'unhealthy',
    title: 'Sends are refused',
    text: 'Messages could not be reached for sending; commands wait and are tried again.',
    action:
      'Make sure that the user is logged in on the screen of this Mac, and that Messages is open and signed in.',
  },
  unknown_outcomes: {
    severity: 'degraded',
    title: 'Outcomes are unknown',
    text: 'For some texts there is no proof that they were sent, nor that they were not. They are never sent again by themselves.',
    action: 'Look at these chats in Messages, and send again by hand what is not there.',
  },
  webhook_disabled: {
    severity: 'degraded',
    title: 'A webhook is disabled',
    text: 'Its receiver is gone, or took nothing for longer than deliveries are retried; what happens meanwhile waits for it.',
    action:
      'See what it answered with `blueline webhooks deliveries <id>`; `blueline webhooks enable <id>` lets it go on where it was.',
  },
  webhook_failing: {
    severity: 'degraded',
    title: 'A webhook takes nothing',
    text: 'Its receiver has failed for more than 10 minutes; what it is to get is tried again and again.',
    action: 'Look at the receiver, and try it with `blueline webhooks test <id>`.',
  },
  disk_full: {
    severity: 'degraded',
    title: 'The disk is nearly full',
    text: 'There is no room to take in files for sending; uploads are refused.',
    action: 'Free some space on this Mac, or lower files.reserve_bytes in the configuration.',
  },
  probe_failed: {
    severity: 'unhealthy',
    title: 'Health is incomplete',
    text: 'A part of Blueline could not say how it is; this report may miss a warning.',
    action: 'Restart Blueline, and report it with the log if it comes again.',
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type WarningCode = keyof typeof WARNINGS;

/** A warning that holds now, as `/health` lists it. */
export interface Warning {
  readonly code: WarningCode;
  readonly severity: Severity;
  readonly text: string;
  readonly action: string;
}

/** One found condition; `detail` is a sentence with the figures of the case, never a text or a handle. */
export interface Finding {
  readonly code: WarningCode;
  readonly detail?: string;
}

/** The findings as warnings: each code once (the first finding's detail counts), in the order of the table. */
export function toWarnings(findings: readonly Finding[]): readonly Warning[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    if (!first.has(finding.code)) {
      first.set(finding.code, finding);
    }
  }
  return Object.entries<Definition>(WARNINGS).flatMap(([key, { severity, text, action }]) => {
    const finding = first.get(key);
    if (finding === undefined) {
      return [];
    }
    const detail = finding.detail === undefined ? '' : ` ${finding.detail}`;
    return [{ code: finding.code, severity, text: `${text}${detail}`, action }];
  });
}
