import { logger, type PromiseExecutor } from '@nx/devkit';
import { build, familiarReference, parseReference } from '@stowage/core';
import { run, type CommonOptions } from '../run.js';

export interface BuildExecutorOptions extends CommonOptions {
  readonly force?: boolean;
}

/** Makes the image of a definition and puts it into an engine. */
const buildImage: PromiseExecutor<BuildExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { reference, engine, action } = await build(workspace, options.definition, {
      ...call,
      force: options.force,
    });
    logger.info(
      `${familiarReference(parseReference(reference))} ${action === 'built' ? 'built' : 'is built already'} in ${engine}`,
    );
  });

export default buildImage;
