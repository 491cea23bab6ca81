import type { ExecutorContext, PromiseExecutor } from '@nx/devkit';
import {
  ImageError,
  parsePlatform,
  push,
  type PushOptions,
  type RegistryLoginOptions,
} from '@stowage/core';
import { log } from '../../log.js';
import { writeSummary } from '../../summarize-tasks.js';
import { gitFactsOf } from '../../release/git-facts.js';
import { releaseGroupOf } from '../../release/release-group.js';
import { releasedVersion } from '../../release/released-version.js';
import { expandTokens, type TokenValues } from '../../release/tokens.js';
import { inputOf } from '../input-of.js';
import { ownDefinition } from '../own-definition.js';
import { refuseShared } from '../refuse-shared.js';
import { run, type CommonOptions } from '../run.js';
import { pushSummary } from './push-summary.js';

export interface PushExecutorOptions
  extends CommonOptions,
    Pick<
      PushOptions,
      'to' | 'tag' | 'library' | 'onExistingTag' | 'compress' | 'foreignLayers' | 'dryRun'
    > {
  /** Each `KEY=VALUE`. */
  readonly annotation?: readonly string[];
  readonly platform?: readonly string[];
  readonly caFile?: RegistryLoginOptions['caFile'];
  readonly plainHttp?: boolean;
  readonly insecureSkipTlsVerify?: boolean;
}

/** Pushes the archive of a definition to a registry; sends nothing when the registry has it. */
const pushImage: PromiseExecutor<PushExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    // A tag with the name of the image is another one for each.
    if (!options.tag?.includes('{projectName}')) refuseShared('tag', options.tag, context);
    const { definition } = await ownDefinition(workspace, options.definition, call, context);
    const { to, library, onExistingTag, compress, foreignLayers, dryRun } = options;
    const now = new Date(workspace.surroundings.now());
    const { tag, annotations } = expand(options, { projectName: definition.name, now }, context);
    const { caFile, plainHttp, insecureSkipTlsVerify } = options;
    const results = await push(workspace, [inputOf(workspace, definition)], {
      ...call,
      to,
      tag,
      library,
      annotations,
      onExistingTag,
      compress,
      foreignLayers,
      dryRun,
      platforms: options.platform?.map(parsePlatform),
      registry: { caFile, plainHttp, insecureSkipTlsVerify },
    });
    for (const { reference, digest, action, bytesSent } of results) {
      const known = digest === null ? '' : `@${digest}`;
      log.info(`${dryRun ? 'would be pushed' : action}: ${reference}${known} (${bytesSent} bytes)`);
    }
    if (!dryRun) await writeSummary(pushSummary(results));
  });
export default pushImage;

/** Replaces the tokens of options; git is asked only if there are some. @throws ImageError USAGE */
function expand(
  { tag, annotation = [] }: PushExecutorOptions,
  known: Pick<TokenValues, 'projectName' | 'now'>,
  context: ExecutorContext,
): Pick<PushOptions, 'tag' | 'annotations'> {
  const hasTokens = [tag, ...annotation].some((text) => text?.includes('{'));
  const values = hasTokens ? tokenValues(known, context) : undefined;
  const expanded = (option: string, text: string) =>
    values ? expandTokens(option, text, values) : text;
  const pairs = annotation.map((text) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined)
      throw new ImageError('USAGE', `annotation: expected KEY=VALUE, got ${JSON.stringify(text)}`);
    return [key, expanded('annotation', value)] as const;
  });
  return {
    ...(tag === undefined ? {} : { tag: expanded('tag', tag) }),
    ...(pairs.length === 0 ? {} : { annotations: Object.fromEntries(pairs) }),
  };
}

function tokenValues(
  known: Pick<TokenValues, 'projectName' | 'now'>,
  context: ExecutorContext,
): TokenValues {
  const git = gitFactsOf(context.root);
  const node = context.projectGraph.nodes[context.projectName ?? ''];
  const group = node && releaseGroupOf(context.nxJsonConfiguration, node);
  const version = group && releasedVersion(context, group, { data: undefined, git });
  return { ...known, version: version ?? undefined, revision: git.revision };
}
