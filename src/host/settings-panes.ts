/** Panes of System Settings, as `open` takes them (macOS 13 and later; earlier versions open their nearest). */
export const PANES = {
  fullDiskAccess: 'x-apple.systempreferences:com.apple.preference.security?Privacy_AllFiles',
  automation: 'x-apple.systempreferences:com.apple.preference.security?Privacy_Automation',
  users: 'x-apple.systempreferences:com.apple.Users-Groups-Settings.extension',
  energy: 'x-apple.systempreferences:com.apple.Energy-Saver-Settings.extension',
  softwareUpdate: 'x-apple.systempreferences:com.apple.Software-Update-Settings.extension',
  dateAndTime: 'x-apple.systempreferences:com.apple.Date-Time-Settings.extension',
} as const;
