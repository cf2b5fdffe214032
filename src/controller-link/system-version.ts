import { readFileSync } from 'node:fs';

/** Where macOS says which it is; an XML plist. */
const SYSTEM_VERSION = '/System/Library/CoreServices/SystemVersion.plist';

/** The system that this bridge runs on; release and build of macOS where there are any. */
export function systemVersion(
  platform: string,
  path = SYSTEM_VERSION,
): { readonly platform: string; readonly release?: string; readonly build?: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { platform };
  }
  const valueOf = (key: string) =>
    new RegExp(`<key>${key}</key>\\s*<string>([^<]+)</string>`, 'u').exec(text)?.[1];
  const release = valueOf('ProductVersion');
  const build = valueOf('ProductBuildVersion');
  return {
    platform,
    ...(release === undefined ? {} : { release }),
    ...(build === undefined ? {} : { build }),
  };
}
