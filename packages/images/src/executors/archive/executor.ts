import { relative } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { archiveImage } from '@stowage/core';
import { log } from '../../log.js';
import { ownDefinition } from '../own-definition.js';
import { refuseCycle } from '../refuse-cycle.js';
import { run, type CommonOptions } from '../run.js';

/** Makes the archive of an image that may be only in the share; does nothing when the archive is there. */
const archive: PromiseExecutor<CommonOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    refuseCycle(context);
    const found = await ownDefinition(workspace, options.definition, call, context);
    const { archive: path, digest } = await archiveImage(workspace, found, call);
    log.info(`${relative(context.root, path)} (${String(digest)})`);
  });

export default archive;
