import type { ExecutorContext, PromiseExecutor } from '@nx/devkit';
import { ImageError, push } from '@stowage/core';
import { log } from '../../log.js';
import { writeSummary } from '../../summarize-tasks.js';
import { gitFactsOf, type GitFacts } from '../../release/git-facts.js';
import { dockerRefusal, releaseGroupOf } from '../../release/release-group.js';
import { releasedVersion, type VersionData } from '../../release/released-version.js';
import { expandTokens, type TokenValues } from '../../release/tokens.js';
import { inputOf } from '../input-of.js';
import { ownDefinition } from '../own-definition.js';
import type { PushExecutorOptions } from '../push/executor.js';
import { pushSummary } from '../push/push-summary.js';
import { run, type CommonOptions, type Work } from '../run.js';

export interface ReleasePublishExecutorOptions
  extends CommonOptions,
    Pick<PushExecutorOptions, 'dryRun' | 'caFile' | 'plainHttp' | 'insecureSkipTlsVerify'> {
  readonly registry?: string;
  readonly repository?: string;
  readonly tags?: readonly string[];
  readonly tag?: string;
  readonly access?: string;
  readonly otp?: string | number;
  readonly nxReleaseVersionData?: VersionData;
}

const publishOne: Work<ReleasePublishExecutorOptions> = async (
  workspace,
  call,
  options,
  context,
) => {
  refuseDocker(context);
  for (const ignored of ['access', 'otp'] as const)
    if (options[ignored] !== undefined)
      log.info(`${ignored}: ignored; the registry of images knows who may read and write`);
  const { definition } = await ownDefinition(workspace, options.definition, call, context);
  const git = gitFactsOf(context.root);
  const data = options.nxReleaseVersionData;
  const version = releasedVersion(context, groupOf(context), { data, git });
  if (version === null) return log.info('no new version; nothing to publish');
  const { name: projectName } = definition;
  const { revision } = git;
  const now = new Date(workspace.surroundings.now());
  const values: TokenValues = { projectName, version, revision, now };
  const dryRun = options.dryRun ?? process.env['NX_DRY_RUN'] === 'true';
  const { caFile, plainHttp, insecureSkipTlsVerify } = options;
  for (const { name, isMoving } of namesOf(options, values)) {
    const results = await push(workspace, [inputOf(workspace, definition)], {
      ...call,
      to: options.registry,
      tag: name,
      annotations: annotationsOf(version, git),
      // A version is published once; a tag such as latest moves.
      onExistingTag: isMoving ? 'overwrite' : 'error',
      dryRun,
      registry: { caFile, plainHttp, insecureSkipTlsVerify },
    });
    for (const { reference, digest, action } of results) {
      const known = digest === null ? '' : `@${digest}`;
      log.info(`${dryRun ? 'would be published' : action}: ${reference}${known}`);
    }
    if (!dryRun) await writeSummary(pushSummary(results));
  }
};

/** Publishes the image of a definition as a version that `nx release` resolved. */
const publish: PromiseExecutor<ReleasePublishExecutorOptions> = (options, context) =>
  run(options, context, publishOne);

export default publish;

/** The names in the registry: those of the version, and one that moves unless this is a prerelease. */
function namesOf(
  { repository = '{projectName}', tags = ['{version}'], tag }: ReleasePublishExecutorOptions,
  values: TokenValues,
): { readonly name: string; readonly isMoving: boolean }[] {
  const moving = tag ?? (values.version?.includes('-') === true ? undefined : 'latest');
  const path = expandTokens('repository', repository, values);
  return [
    ...tags.map((text) => ({ name: expandTokens('tags', text, values), isMoving: false })),
    ...(moving === undefined
      ? []
      : [{ name: expandTokens('tag', moving, values), isMoving: true }]),
  ].map(({ name, isMoving }) => ({ name: `${path}:${name}`, isMoving }));
}

/** The annotations of the index beside the image (OCI image spec 1.1, annotations.md). No clock: a repeated publish sends nothing. */
export function annotationsOf(
  version: string | undefined,
  { revision, source, committed }: GitFacts,
): Readonly<Record<string, string>> {
  const values = { version, revision, source, created: committed };
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[`org.opencontainers.image.${key}`, value]],
    ),
  );
}

function groupOf({ nxJsonConfiguration, projectGraph, projectName = '' }: ExecutorContext) {
  const node = projectGraph.nodes[projectName];
  if (!node) throw new TypeError(`no project ${projectName}`);
  return releaseGroupOf(nxJsonConfiguration, node);
}

/** @throws ImageError UNSUPPORTED */
function refuseDocker(context: ExecutorContext): void {
  if (!groupOf(context).isDocker) return;
  const { message, hint } = dockerRefusal(context.projectName ?? '');
  throw new ImageError('UNSUPPORTED', message, { hint });
}
