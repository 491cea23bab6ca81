import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseManifest } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-types.js';
import { planPrune } from '../../policy/plan-prune.js';
import type { PruneDecision } from '../../policy/prune-model.js';
import { readContent } from '../../transfer/verified.js';
import { openShare } from '../../share/open-share.js';
import type { PruneResult } from '../prune/prune.js';
import { pruneRules, type RuleOptions } from '../prune/prune-rules.js';
import type { VerbOptions } from '../workspace/call.js';
import { findDefinitions } from '../workspace/definitions.js';
import type { Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';
import { checkoutKeys } from './checkout-keys.js';
import { listShareItems, type ShareContent } from './share-items.js';

/** Options for pruning the share; the rules are the newest to keep and the least age. */
export interface PruneShareOptions extends VerbOptions, RuleOptions {
  /** Patterns of names to keep, besides those of the settings. */
  readonly keep?: readonly string[] | undefined;
}

/**
 * Deletes images of the workspace's share by its rules `min_age` and `keep_newest`. Kept are pinned images, those that this
 * checkout makes, and what a kept image is built on. A dry run makes the same plan and deletes nothing.
 *
 * @throws ImageError USAGE (no share; a rule that a registry cannot answer), CONFLICT (the registry does not delete);
 *   any error of the registry
 */
export async function pruneShare(
  workspace: Workspace,
  options: PruneShareOptions,
): Promise<PruneResult> {
  const { settings, surroundings } = workspace;
  const { share } = settings;
  if (!share)
    throw new ImageError('USAGE', 'stowage.yaml: it names no share', {
      hint: 'Name its repository: share: { repository: HOST/REPOSITORY }.',
    });
  const rules = rulesFor(workspace, options);
  const definitions = await findDefinitions(workspace, options);
  const checkout = await checkoutKeys(workspace, definitions, options);
  await using repository = await openShare(share.repository, 'moving', surroundings);
  const pins = [...settings.pins, ...(options.keep ?? [])];
  const facts = { share: share.repository, pins, definitions, checkout };
  const { items, others } = await listShareItems(repository, facts, options);
  const { decisions } = planPrune(items, rules, {
    now: surroundings.now(),
    volumes: [],
    held: new Set(),
    isInScope: ({ name, project }) =>
      (options.name === undefined || options.name === name) &&
      (options.project === undefined || options.project === project),
  });
  const planned = decisions.filter(({ rule }) => rule !== 'out-of-scope');
  if (!options.dryRun) await deleteAll(repository, { items, others, planned }, options);
  return { decisions: planned, freedBytes: 0, shortfallBytes: 0, shortfalls: [] };
}

const LOCAL_RULES = ['unusedFor', 'maxUsed', 'minFree', 'reserved', 'orphans'] as const;

/** @throws ImageError USAGE */
function rulesFor({ settings }: Workspace, options: PruneShareOptions) {
  for (const rule of LOCAL_RULES)
    if (options[rule] !== undefined)
      throw new ImageError(
        'USAGE',
        `prune of the share: the rule ${rule} is not for a share, only keep_newest and min_age are`,
        { hint: 'A registry tells neither when an image was used nor how much space it takes.' },
      );
  const { keepNewest, minAge } = { ...settings.prune, ...definedOf(options) };
  const { name, project } = options;
  return pruneRules({ prune: {} }, { keepNewest, minAge, name, project }, 0);
}

function definedOf({ keepNewest, minAge }: RuleOptions): RuleOptions {
  return {
    ...(keepNewest === undefined ? {} : { keepNewest }),
    ...(minAge === undefined ? {} : { minAge }),
  };
}

interface Deleting extends ShareContent {
  readonly planned: readonly PruneDecision[];
}

/** Deletes tags, then images that no kept tag names. */
async function deleteAll(
  repository: Repository,
  { items, others, planned }: Deleting,
  options: VerbOptions,
): Promise<void> {
  const deleted = new Set(planned.flatMap(({ action, path }) => (action === 'delete' ? path : [])));
  const gone = items.filter(({ path }) => deleted.has(path));
  if (gone.length === 0) return;
  const roots = items.flatMap(({ path, image }) => (deleted.has(path) ? [] : image));
  for (const tag of others) {
    const found = await repository.find(tag, options);
    if (found) roots.push(found);
  }
  const kept = new Set<Digest>();
  for (const root of roots) await addManifests(repository, root, kept, options);
  for (const { tag } of gone) await deleteTag(repository, tag, options);
  const images = new Set(gone.map(({ digest }) => digest));
  for (const digest of images)
    if (!kept.has(digest)) await deleteImage(repository, digest, options);
}

/** Adds the digest of a manifest, and of all below it if it is an index. */
async function addManifests(
  repository: Repository,
  descriptor: Descriptor,
  to: Set<Digest>,
  options: VerbOptions,
): Promise<void> {
  if (to.has(descriptor.digest)) return;
  to.add(descriptor.digest);
  if (!isIndexType(descriptor.mediaType)) return;
  const bytes = await readContent(repository, descriptor, options);
  const index = parseManifest(descriptor.mediaType, bytes);
  if (index.kind !== 'index') return;
  for (const each of index.manifests) await addManifests(repository, each, to, options);
}

/** @throws ImageError CONFLICT (the tag is still there) */
async function deleteTag(repository: Repository, tag: string, options: VerbOptions): Promise<void> {
  let cause: unknown;
  try {
    // The index of an entry holds its key, so it has no other tag.
    await repository.untag(tag, () => true, options);
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'UNSUPPORTED') throw error;
    cause = error;
  }
  if (!(await repository.find(tag, options))) return;
  const location = `${repository.location}:${tag}`;
  throw new ImageError('CONFLICT', `${location}: the tag is still there after its deletion`, {
    location,
    cause,
    hint: wording`This registry does not delete tags for its clients. Use its own tool, for example the packages API of GitHub or a lifecycle policy of Amazon ECR; ${option('dryRun')} lists what may go.`,
  });
}

/** The image itself; a registry that keeps it collects it as garbage later. */
async function deleteImage(
  repository: Repository,
  digest: Digest,
  options: VerbOptions,
): Promise<void> {
  try {
    await repository.remove(digest, options);
  } catch (error) {
    const isKept =
      error instanceof ImageError && ['UNSUPPORTED', 'DENIED', 'CONFLICT'].includes(error.code);
    if (!isKept) throw error;
  }
}
