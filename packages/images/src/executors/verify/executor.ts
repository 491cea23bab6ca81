import type { PromiseExecutor } from '@nx/devkit';
import { ImageError, parsePlatform, verify } from '@stowage/core';
import { log } from '../../log.js';
import { inputOf } from '../input-of.js';
import { ownDefinition } from '../own-definition.js';
import { run, type CommonOptions } from '../run.js';

export interface VerifyExecutorOptions extends CommonOptions {
  readonly allowSparse?: boolean;
  readonly platform?: readonly string[];
}

/** Problems that are logged; the rest is counted. */
const MAX_PROBLEMS = 100;

/** Verifies every byte of the archive of a definition. */
const verifyImage: PromiseExecutor<VerifyExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { definition } = await ownDefinition(workspace, options.definition, call, context);
    const { allowSparse, platform } = options;
    const [result] = await verify(workspace, [inputOf(workspace, definition)], {
      ...call,
      allowSparse,
      platforms: platform?.map(parsePlatform),
    });
    const problems = result?.problems ?? [];
    for (const { code, message } of problems.slice(0, MAX_PROBLEMS))
      log.error(`${code}: ${message}`);
    if (problems.length > MAX_PROBLEMS)
      log.error(`and ${problems.length - MAX_PROBLEMS} more problems`);
    const [first] = problems;
    if (first)
      throw new ImageError(first.code, `${definition.name}: the archive is damaged or invalid`, {
        hint: 'Save it again. If Nx restored the archive from its cache, use --skip-nx-cache.',
      });
    log.info(`${definition.name}: every byte is as it should be (${result?.bytes ?? 0} hashed)`);
  });
export default verifyImage;
