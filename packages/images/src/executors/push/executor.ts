import type { PromiseExecutor } from '@nx/devkit';
import { push, type PushOptions, type RegistryLoginOptions } from '@stowage/core';
import { log } from '../../log.js';
import { inputOf } from '../input-of.js';
import { ownDefinition } from '../own-definition.js';
import { refuseShared } from '../refuse-shared.js';
import { run, type CommonOptions } from '../run.js';

export interface PushExecutorOptions
  extends CommonOptions,
    Pick<PushOptions, 'to' | 'tag' | 'onExistingTag' | 'compress' | 'foreignLayers' | 'dryRun'> {
  readonly caFile?: RegistryLoginOptions['caFile'];
  readonly plainHttp?: boolean;
  readonly insecureSkipTlsVerify?: boolean;
}

/** Pushes the archive of a definition to a registry; sends nothing when the registry has it. */
const pushImage: PromiseExecutor<PushExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    refuseShared('tag', options.tag, context);
    const { definition } = await ownDefinition(workspace, options.definition, call, context);
    const { to, tag, onExistingTag, compress, foreignLayers, dryRun } = options;
    const { caFile, plainHttp, insecureSkipTlsVerify } = options;
    const results = await push(workspace, [inputOf(workspace, definition)], {
      ...call,
      to,
      tag,
      onExistingTag,
      compress,
      foreignLayers,
      dryRun,
      registry: { caFile, plainHttp, insecureSkipTlsVerify },
    });
    for (const { reference, digest, action, bytesSent } of results) {
      const known = digest === null ? '' : `@${digest}`;
      log.info(`${dryRun ? 'would be pushed' : action}: ${reference}${known} (${bytesSent} bytes)`);
    }
  });
export default pushImage;
