import type { Layout } from './layout.ts';

/** The command for people: the installed version on its own Node, with the installation's data folder. */
export function launcherScript(layout: Layout): string {
  return `#!/bin/sh
# Runs a command of the installed Blueline.
export BLUELINE_HOME="\${BLUELINE_HOME:-${inDoubleQuotes(layout.data)}}"
export NODE_COMPILE_CACHE="\${NODE_COMPILE_CACHE:-${inDoubleQuotes(layout.cache)}}"
exec "${inDoubleQuotes(layout.node)}" "${inDoubleQuotes(layout.main)}" "$@"
`;
}

function inDoubleQuotes(path: string): string {
  return path.replaceAll(/["$\\`]/gu, (sign) => `\\${sign}`);
}
