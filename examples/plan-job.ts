// Prints which image a job gets, or how it would be built, in the workspace of this folder: plan-job.ts OS COMPILER
import { openWorkspace, plan } from '@stowage/core';

const [os = 'ubuntu-25.04', compiler = 'gcc15'] = process.argv.slice(2);

const cwd = process.cwd();
const workspace = await openWorkspace(cwd);
const { jobs } = await plan(workspace, { os, compiler }, { cwd });
for (const { plan: found } of jobs) {
  console.log(found.needs_build ? `build ${found.name}` : `load ${found.best_image_path}`);
  for (const reason of found.reasons) console.log(`  ${reason}`);
}
