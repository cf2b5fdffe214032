import { BluelineError } from '../runtime/index.ts';
import type { InstallPlan } from './plan-install.ts';
import { runSteps, type StepTools } from './run-steps.ts';

/**
 * Carries an installation out. Where it fails before the installed version was touched, nothing is changed; where it
 * fails later, the version before is put back and started.
 * @throws BluelineError what failed; `rolled_back` where the version before runs again, `roll_back_failed` where not even that worked, `not_rolled_back`
 *   where it could not read the store any more.
 */
export async function deploy(plan: InstallPlan, tools: StepTools): Promise<void> {
  try {
    await runSteps(plan.prepare, tools);
  } catch (error) {
    await runSteps(plan.giveUp, tools);
    throw error;
  }
  try {
    await runSteps(plan.swap, tools);
  } catch (error) {
    if (plan.goBack.length === 0) {
      throw error;
    }
    await goBack(plan, tools, error);
  }
  await runSteps(plan.finish, tools);
}

async function goBack(plan: InstallPlan, tools: StepTools, why: unknown): Promise<never> {
  const reason = why instanceof BluelineError ? ` ${why.message}` : '';
  try {
    await runSteps(plan.goBack, tools);
  } catch (error) {
    if (error instanceof BluelineError && error.code === 'store_in_use') {
      await runSteps(plan.stay, tools);
      throw new BluelineError(
        'not_rolled_back',
        `Version ${plan.version} is not well, but stays: it has worked with the store in a form that the version before cannot read.${reason}`,
        { advice: '`blueline doctor` says what is wrong; a later version is the way out.', cause: why },
      );
    }
    const more = error instanceof BluelineError ? ` ${error.message}` : '';
    throw new BluelineError(
      'roll_back_failed',
      `Version ${plan.version} did not come up, and the version before did not either.${reason}${more}`,
      {
        advice: '`blueline doctor` says what is wrong; `blueline logs --crash` what the last one printed.',
        cause: error,
      },
    );
  }
  throw new BluelineError(
    'rolled_back',
    `Version ${plan.version} did not come up; the version before it runs again.${reason}`,
    {
      advice: '`blueline logs --crash` shows what it printed. Nothing was lost, and nothing sent twice.',
      cause: why,
    },
  );
}
