/** `unhealthy` turns the bridge's status; `degraded` is told but leaves it healthy. */
export type Severity = 'degraded' | 'unhealthy';

export interface Definition {
  readonly severity: Severity;
  readonly title: string;
  /** What is the case, as a sentence. */
  readonly text: string;
  /** What a person can do about it. */
  readonly action: string;
  /** Codes of what it only follows from: while one of these is found, that one is told alone. */
  readonly hiddenBy?: readonly string[];
  /** How long it must have been found without a break before it is told; what passes by itself is no warning. 0 if left out. */
  readonly visibleAfterMs?: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

const PRIVACY = 'System Settings › Privacy & Security';

/** Every warning that the bridge can give, in the order in which they are told: the cause before what follows from it. */
export const WARNINGS = {
  disk_nearly_full: {
    severity: 'unhealthy',
    title: 'The disk is nearly full',
    text: 'The disk that holds the data folder has next to no room left; soon nothing can be recorded, by Blueline or by Messages.',
    action: 'Free some space on this Mac; the log and the data folder show what of it is Blueline’s.',
  },
  store_corrupt: {
    severity: 'unhealthy',
    title: 'Own database is damaged',
    text: 'A check of the own database found it damaged; what is in it can be wrong or go missing.',
    action:
      'Restart Blueline: it sets blueline.db aside and makes a new one, with all that is still whole of it; blueline restore puts a backup back. Then look at the disk with Disk Utility.',
  },
  store_failing: {
    severity: 'unhealthy',
    title: 'Own database fails',
    text: 'Blueline cannot read or write its own database; nothing is accepted or recorded.',
    action:
      'Check that the disk is not full and that the data folder belongs to the user that runs Blueline.',
    visibleAfterMs: SECOND_MS,
  },
  store_restored: {
    severity: 'degraded',
    title: 'Own database was put back',
    text: 'The own database was put back to an earlier state. Whoever follows the events begins anew, as another epoch. It is told for half an hour.',
    action:
      'Look at blueline outbox list --state unknown, and check in Messages that nothing was sent in between of which the outbox knows nothing.',
  },
  no_gui_session: {
    severity: 'unhealthy',
    title: 'No graphical session',
    text: 'The user of Blueline is not logged in on the screen of this Mac; without that nothing can be sent, and Messages does not run.',
    action:
      'Log in on the screen of this Mac as this user (screen sharing will do), and set up automatic login.',
  },
  store_rebuilt: {
    severity: 'degraded',
    title: 'Own database was made anew',
    text: "Blueline's own database was damaged. It was set aside, and a new one was made with what was still whole of it and what chat.db tells.",
    action:
      'Look at the log for what was lost: make keys anew (blueline keys create) and set up what used them, or go back with blueline restore. Then move the file that was set aside out of the data folder.',
  },
  chat_db_missing: {
    severity: 'unhealthy',
    title: 'chat.db is missing',
    text: 'The Messages database is not where it is expected; nothing that arrives is seen.',
    action: 'Open Messages and sign in once, or correct messages.db in the configuration.',
    visibleAfterMs: 2 * SECOND_MS,
  },
  chat_db_unreadable: {
    severity: 'unhealthy',
    title: 'chat.db cannot be read',
    text: 'macOS does not let Blueline read the Messages database; nothing that arrives is seen.',
    action: `Allow the program that runs Blueline under ${PRIVACY} › Full Disk Access, then restart it.`,
    visibleAfterMs: 2 * SECOND_MS,
  },
  chat_db_invalid: {
    severity: 'unhealthy',
    title: 'chat.db is not understood',
    text: 'The file at messages.db is damaged or is no Messages database.',
    action: 'Correct messages.db in the configuration; if the path is right, restart Messages or this Mac.',
    visibleAfterMs: 2 * SECOND_MS,
  },
  chat_db_locked: {
    severity: 'degraded',
    title: 'chat.db is locked',
    text: 'Another program has locked the Messages database for longer than a look waits.',
    action: 'Close programs that open chat.db (database browsers, backups); it clears by itself after that.',
    visibleAfterMs: 3 * SECOND_MS,
  },
  chat_db_replaced: {
    severity: 'degraded',
    title: 'chat.db was replaced',
    text: 'Another database has taken the place of the one that Messages had. What it holds of later date was told; it is told until the first message has come through it.',
    action:
      'Look whether Messages is still signed in and shows its conversations; then text the line from another phone.',
  },
  capture_stopped: {
    severity: 'unhealthy',
    title: 'Capture has stopped',
    text: 'Nothing reads the Messages database; what arrives is not reported until it is read again.',
    action: 'Restart Blueline; nothing is lost, it reads on from where it stopped. Then look at its log.',
    visibleAfterMs: 2 * SECOND_MS,
  },
  capture_behind: {
    severity: 'degraded',
    title: 'Capture is behind',
    text: 'Rows of the Messages database wait to be reported for longer than usual.',
    action: 'Check the load of this Mac and its disk; it catches up by itself.',
    hiddenBy: ['store_failing', 'chat_db_locked', 'capture_stopped'],
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
    action: `Allow Messages for the program that runs Blueline under ${PRIVACY} › Automation.`,
    hiddenBy: ['no_gui_session'],
  },
  automation_unanswered: {
    severity: 'unhealthy',
    title: 'A permission prompt waits',
    text: 'macOS has asked whether Blueline may control Messages, and nobody has answered; nothing can be sent.',
    action: 'Answer the prompt on the screen of this Mac (screen sharing will do).',
    hiddenBy: ['no_gui_session'],
  },
  messages_not_running: {
    severity: 'unhealthy',
    title: 'Messages is not running',
    text: 'The Messages app is not running; nothing is received, and nothing can be sent.',
    action:
      'Open Messages on this Mac and keep it open; unless keeper.messages is false, Blueline opens it by itself.',
    hiddenBy: ['no_gui_session'],
    visibleAfterMs: 2 * SECOND_MS,
  },
  messages_not_responding: {
    severity: 'unhealthy',
    title: 'Messages does not respond',
    text: 'The Messages app does not answer; texts wait or end with an unknown outcome.',
    action: 'Look at its window for a dialog that waits for an answer, else quit and reopen it.',
  },
  messages_signed_out: {
    severity: 'unhealthy',
    title: 'Messages is signed out',
    text: 'Messages has no account for iMessage that is switched on; nothing is received, and nothing can be sent.',
    action: 'Sign in under Messages › Settings › iMessage, and send a text by hand.',
    visibleAfterMs: 2 * SECOND_MS,
  },
  imessage_disconnected: {
    severity: 'unhealthy',
    title: 'iMessage is not connected',
    text: 'Messages is signed in to iMessage but has had no connection to it for more than a minute.',
    action: 'Check the network of this Mac; if it works, sign out of iMessage and in again.',
    hiddenBy: ['messages_signed_out'],
    visibleAfterMs: MINUTE_MS,
  },
  messages_unknown: {
    severity: 'degraded',
    title: 'Status of Messages is unknown',
    text: 'Messages could not be asked how it is.',
    action:
      'Check that Blueline runs in the graphical session of the user (a LaunchAgent, not ssh), and messages.osascript if it is set.',
    hiddenBy: ['no_gui_session'],
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
  wrong_line: {
    severity: 'unhealthy',
    title: 'Sends leave from another line',
    text: 'What Blueline sent last left from another address than lines.sendable; contacts see a sender they do not know.',
    action:
      'Choose the address under Messages › Settings › iMessage › Start new conversations from, or correct lines.sendable.',
  },
  line_idle: {
    severity: 'degraded',
    title: 'The line is idle',
    text: 'Nothing has been sent or received for weeks; Apple deactivates a line after about two months of that.',
    action: 'Have a text sent to the line, and answer it.',
  },
  inbound_silent: {
    severity: 'degraded',
    title: 'Nothing comes in',
    text: 'Nothing has come in for longer than this line has been used to.',
    action:
      'Text the line from another phone. If it does not arrive, open Messages, and sign out of iMessage and in again.',
    hiddenBy: [
      'no_gui_session',
      'chat_db_missing',
      'chat_db_unreadable',
      'chat_db_invalid',
      'capture_stopped',
      'messages_not_running',
      'messages_not_responding',
      'messages_signed_out',
      'imessage_disconnected',
      'line_idle',
    ],
    visibleAfterMs: 15 * MINUTE_MS,
  },
  history_unread: {
    severity: 'degraded',
    title: 'History is being read',
    text: 'At the first start the messages of this Mac are counted, so that the limits know them; until then nothing but replies is sent.',
    action: 'Wait; it goes on by itself, also after a restart.',
    hiddenBy: ['store_failing', 'chat_db_locked', 'chat_db_missing', 'chat_db_unreadable', 'chat_db_invalid'],
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
    hiddenBy: [
      'no_gui_session',
      'automation_denied',
      'automation_unanswered',
      'messages_not_running',
      'messages_signed_out',
    ],
    visibleAfterMs: 2 * SECOND_MS,
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
  controller_unreachable: {
    severity: 'degraded',
    title: 'The controller cannot be reached',
    text: 'There is no link to the controller: events wait for it here, and none of its commands arrive.',
    action: 'Check controller.url, the network of this Mac and the controller; it is tried again by itself.',
  },
  controller_refused: {
    severity: 'degraded',
    title: 'The controller refuses this bridge',
    text: 'The controller is there and does not let this bridge in: events wait for it here.',
    action:
      'Check the token in controller.token_file, and that no other daemon runs under the same bridge.id.',
  },
  controller_token_unusable: {
    severity: 'degraded',
    title: "The controller's token cannot be used",
    text: 'The file of controller.token_file cannot be used, so that there is no link to the controller.',
    action: 'Put the token into the file, owned by the user that runs Blueline, and give it mode 0600.',
  },
  disk_full: {
    severity: 'degraded',
    title: 'No room for files',
    text: 'There is no room to take in files for sending; uploads are refused.',
    action: 'Free some space on this Mac, or lower files.reserve_bytes in the configuration.',
    hiddenBy: ['disk_nearly_full'],
  },
  sleep_not_prevented: {
    severity: 'degraded',
    title: 'Nothing keeps this Mac awake',
    text: 'What holds this Mac awake while Blueline runs (caffeinate) ends again and again.',
    action:
      'Run caffeinate by hand and see what it says; or have this Mac never sleep, and set keeper.awake to false.',
    visibleAfterMs: MINUTE_MS,
  },
  time_jumped: {
    severity: 'degraded',
    title: 'This Mac slept',
    text: 'Time went on by more than the clock was watched: this Mac slept, or its clock was set. While it slept nothing was received or sent. It is told for half an hour.',
    action:
      'Keep it awake: run sudo pmset -a sleep 0 disksleep 0 powernap 0 womp 1 autorestart 1 in a terminal.',
  },
  clock_wrong: {
    severity: 'degraded',
    title: 'The clock is wrong',
    text: 'The clock of this Mac differs from that of a time server; times in events and in the windows of the limits are wrong.',
    action: 'Switch “Set time and date automatically” on under General › Date & Time.',
  },
  node_not_fixed: {
    severity: 'degraded',
    title: 'Node loses its permissions',
    text: 'The Node that runs Blueline is known to macOS by its version or its build alone (Homebrew, a version manager): its next update takes all permissions away.',
    action:
      'Run blueline install: it brings the build of nodejs.org in a place that stays, to be given the permissions once.',
  },
  log_too_large: {
    severity: 'degraded',
    title: 'The log is too large',
    text: 'The folder of the log holds more than the log itself may.',
    action: 'Look what lies there beside it; the log keeps itself below log.file_bytes × (log.files + 1).',
  },
  probe_failed: {
    severity: 'unhealthy',
    title: 'Health is incomplete',
    text: 'A part of Blueline could not say how it is; this report may miss a warning.',
    action: 'Restart Blueline, and report it with the log if it comes again.',
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type WarningCode = keyof typeof WARNINGS;
