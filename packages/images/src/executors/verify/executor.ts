import type { PromiseExecutor } from '@nx/devkit';
import { archiveOf, ImageError, readDefinition, verify } from '@stowage/core';
import { log } from '../../log.js';
import { run, type CommonOptions } from '../run.js';

export interface VerifyExecutorOptions extends CommonOptions {
  readonly allowSparse?: boolean;
}

/** How many problems are shown. */
const SHOWN = 100;

/** Proves the archive of a definition byte by byte. */
const verifyImage: PromiseExecutor<VerifyExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { definition } = await readDefinition(workspace, options.definition, call);
    const path = archiveOf(workspace, definition.name, definition.project);
    const { allowSparse } = options;
    const [result] = await verify(workspace, [path], { ...call, allowSparse, stdin: noInput });
    const problems = result?.problems ?? [];
    for (const { code, message } of problems.slice(0, SHOWN)) log.error(`${code}: ${message}`);
    if (problems.length > SHOWN) log.error(`and ${problems.length - SHOWN} more problems`);
    const [first] = problems;
    if (first)
      throw new ImageError(first.code, `${definition.name}: its archive is not sound`, {
        hint: 'Save it again. If Nx restored the archive from its cache, use --skip-nx-cache.',
      });
    log.info(`${definition.name}: every byte is as it should be (${result?.bytes ?? 0} hashed)`);
  });
export default verifyImage;

function noInput(): never {
  throw new TypeError('an archive of the workspace is never read from standard input');
}
