import { resolve } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { report, reportPage, worded, writeAtomically } from '@stowage/core';
import { log } from '../../log.js';
import { nxSpeech } from '../../nx-speech.js';
import { run, type EngineChoiceOptions } from '../run.js';

export interface ReportExecutorOptions extends EngineChoiceOptions {
  readonly output?: string;
}

/** Writes an HTML report on all archives of the workspace. */
const reportImages: PromiseExecutor<ReportExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { output = '.stowage/report.html' } = options;
    const page = await reportPage(worded(await report(workspace, call), nxSpeech));
    await writeAtomically(resolve(call.cwd, output), [Buffer.from(page)]);
    log.info(`report: ${output}`);
  });
export default reportImages;
