import type { PromiseExecutor } from '@nx/devkit';
import { build, type BuildResult, familiarReference, parseReference } from '@stowage/core';
import { log } from '../../log.js';
import { refuseCycle } from '../refuse-cycle.js';
import { ownDefinition } from '../own-definition.js';
import { run, type CommonOptions } from '../run.js';

export interface BuildExecutorOptions extends CommonOptions {
  readonly force?: boolean;
  readonly noCache?: boolean;
  readonly pull?: boolean;
}

/** Builds the image of a definition in an engine. */
const buildImage: PromiseExecutor<BuildExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    refuseCycle(context);
    const found = await ownDefinition(workspace, options.definition, call, context);
    const { reference, engine, action } = await build(workspace, found, {
      ...call,
      force: options.force,
      noCache: options.noCache,
      pull: options.pull,
    });
    log.info(`${familiarReference(parseReference(reference))} ${WHAT[action]} in ${engine}`);
  });

export default buildImage;

const WHAT: Readonly<Record<BuildResult['action'], string>> = {
  built: 'built',
  skipped: 'is built already',
  remote: 'fetched from the share',
};
