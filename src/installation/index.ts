/** Puts Blueline on a Mac as a LaunchAgent, replaces it by another version, and takes it off again: planned first, then done. */
export { readSource, type AppSource } from './app-source.ts';
export { appFiles, type AppFile } from './app-files.ts';
export { assembleApp } from './assemble-app.ts';
export { CRASH_FILE, layoutOf, LABEL, type Layout } from './layout.ts';
export { agentPlist, plistFields } from './launch-agent.ts';
export { describeStep, type Step } from './step.ts';
export { agentSteps, planInstall, type InstallPlan } from './plan-install.ts';
export { planUninstall } from './plan-uninstall.ts';
export { readInstalled, type Installed } from './installed.ts';
export { runSteps, type StepTools } from './run-steps.ts';
export { deploy } from './deploy.ts';
export { trimCrashFile } from './crash-file.ts';
export { LEFT_TO_DO } from './left-to-do.ts';
