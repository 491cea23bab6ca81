import { relative } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import {
  familiarReference,
  listInputs,
  parsePlatform,
  parseReference,
  saveDefinition,
} from '@stowage/core';
import { log } from '../../log.js';
import { batchOf } from '../batch.js';
import { refuseCycle } from '../refuse-cycle.js';
import { ownDefinition } from '../own-definition.js';
import { run, type CommonOptions, type Work } from '../run.js';
import { refuseInvisible } from './refuse-invisible.js';

export interface SaveExecutorOptions extends CommonOptions {
  readonly force?: boolean;
  readonly noCache?: boolean;
  readonly pull?: boolean;
  readonly platforms?: readonly string[];
}

const saveOne: Work<SaveExecutorOptions> = async (workspace, call, options, context) => {
  refuseCycle(context);
  refuseInvisible(
    await listInputs(workspace, options.definition, call),
    options.definition,
    context,
  );
  const found = await ownDefinition(workspace, options.definition, call, context);
  const { reference, archive, digest, size, action } = await saveDefinition(workspace, found, {
    ...call,
    platforms: options.platforms?.map(parsePlatform),
    force: options.force,
    noCache: options.noCache,
    pull: options.pull,
  });
  const path = relative(context.root, archive);
  const name = familiarReference(parseReference(reference));
  if (action === 'saved') log.info(`saved ${name} to ${path} (${String(digest)})`);
  else if (size === null) log.info(`${name} is in the share (${String(digest)}); not built`);
  else log.info(`${path} holds ${name} already (${String(digest)}); nothing to do`);
};

/** Builds the image of a definition and saves it as an archive; does nothing when the archive is up to date. */
const save: PromiseExecutor<SaveExecutorOptions> = (options, context) =>
  run(options, context, saveOne);

/** Saves the images of many tasks in one process. */
export const saveBatch = batchOf(saveOne);

export default save;
