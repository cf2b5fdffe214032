/** Puts Blueline on a Mac as a LaunchAgent, replaces it by another version, and takes it off again: planned first, then done. */
export { readSource } from './app-source.ts';
export { appFiles } from './app-files.ts';
export { assembleApp } from './assemble-app.ts';
export { layoutOf, type Layout } from './layout.ts';
export { agentPlist, plistFields } from './launch-agent.ts';
export { describeStep, type Step } from './step.ts';
export { agentSteps, planInstall, type InstallPlan } from './plan-install.ts';
export { planUninstall } from './plan-uninstall.ts';
export { readInstalled, type Installed } from './installed.ts';
export { runSteps } from './run-steps.ts';
export { deploy } from './deploy.ts';
export { everythingToDo, type LeftToDo } from './left-to-do.ts';
