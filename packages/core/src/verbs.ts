// The second half of index.ts: workspaces, and each verb of the command line as a function.

// Workspaces, and locations as the command line takes them
export {
  archiveOf,
  keepConnections,
  openEngine,
  openWorkspace,
  type Workspace,
  type WorkspaceOptions,
} from './lifecycle/workspace/workspace.js';
export { openLocation, type LocationKind, type Opened, type OpenOptions } from './open.js';
export type { LifecycleEvent, VerbOptions } from './lifecycle/workspace/call.js';
export type { RuleTexts, Settings } from './definition/settings/settings.js';
export type { GroupCounts, PushCompression } from './definition/settings/settings-schema.js';
export type {
  ShareMode,
  ShareRepository,
  ShareSettings,
} from './definition/settings/share-settings.js';
export type { SettingsLimits } from './definition/settings/limits-schema.js';
export type { CatalogPlace } from './catalog/locate.js';
export type { ImageRecord } from './catalog/record.js';

// Verbs: build and save
export { build, type BuildResult } from './lifecycle/build/build.js';
export type { BuildOptions } from './lifecycle/build/make-tested.js';
export { archiveImage } from './lifecycle/build/archive-image.js';
export { eachDefinition } from './lifecycle/build/each-definition.js';
export { saveDefinition } from './lifecycle/build/save-definition.js';
export {
  readDefinition,
  refuseNamesakes,
  type DefinitionOptions,
  type FoundDefinition,
} from './lifecycle/workspace/definitions.js';
export type { RecipeOptions } from './lifecycle/build/recipe.js';
export type { Definition, Facts } from './definition/definition.js';
export type { SecretYaml } from './definition/build-schema.js';
export type { ExtraHost, Ulimit } from './definition/settings/step-settings.js';
export type { CopyYaml, RetentionYaml } from './definition/image-schema.js';
export type { ImageName } from './definition/name.js';
export type { BaseLock } from './definition/lock.js';
export { dockerfileOf } from './lifecycle/build/dockerfile.js';
export { listInputs } from './lifecycle/build/list-inputs.js';
export { updateBase } from './lifecycle/build/update-base.js';
export { save, type SaveOptions } from './lifecycle/save/save.js';
export type { SaveResult } from './lifecycle/save/save-image.js';

// Verbs: load, pull, push, copy, sync
export { load, type LoadOptions } from './lifecycle/load/load.js';
export type { LoadResult } from './lifecycle/load/plan-load.js';
export { pull, type PullOptions, type PullResult } from './lifecycle/copy/pull.js';
export { push, type PushOptions, type PushResult } from './lifecycle/push/push.js';
export type { PushImageResult, PushImageOptions } from './lifecycle/push/push-image.js';
export type { PushedFormOptions } from './lifecycle/push/pushed-form.js';
export type { PushNaming } from './lifecycle/push/push-items.js';
export {
  copyImages,
  type CopiedImage,
  type CopyImagesOptions,
} from './lifecycle/copy/copy-images.js';
export type {
  ManifestFile,
  ManifestImage,
  TransferManifest,
} from './lifecycle/copy/transfer-manifest.js';
export type { DestinationOptions } from './lifecycle/copy/destination.js';

// Verbs: list, inspect, verify, report, repair
export { list, type ListEntry } from './lifecycle/inspect/list.js';
export { listEngine, type EngineListing } from './lifecycle/inspect/list-engine.js';
export { listedImages, type ListedImagesOptions } from './lifecycle/jobs/listed-images.js';
export type { ListedImage } from './definition/image-list/list-content.js';
export {
  inspect,
  inspectAll,
  type InspectedImage,
  type InspectedLayer,
  type InspectedName,
  type InspectedPlatform,
  type Inspection,
  type InspectOptions,
} from './lifecycle/inspect/inspect.js';
export {
  verify,
  type VerifyLocationsOptions,
  type VerifyResult,
} from './lifecycle/inspect/verify.js';
export { auditPage } from './lifecycle/inspect/audit-page.js';
export {
  compare,
  type ChangedImage,
  type ComparedImage,
  type CompareOptions,
  type Comparison,
} from './lifecycle/inspect/compare.js';
export {
  report,
  type Report,
  type ReportedArchive,
  type ReportOptions,
  type Unreadable,
} from './lifecycle/report/report.js';
export { reportPage } from './lifecycle/report/report-page.js';
export type { RunSummary } from './lifecycle/report/report-runs.js';
export { doctor, type Diagnosis, type DoctorOptions } from './lifecycle/inspect/doctor.js';
export type { Problem } from './lifecycle/inspect/problems.js';
export type { EnvironmentCheck } from './lifecycle/environment/check.js';
export { planSync, syncCatalog, type CatalogSync } from './lifecycle/workspace/sync-catalog.js';
export type { EntryYaml } from './catalog/yaml/entry.js';
export type { CatalogEntry, EntryState, RecordFacts } from './catalog/reconcile.js';

// Verbs: jobs of a CI service
export {
  plan,
  type JobPlan,
  type PlannedJob,
  type PlannedJobs,
  type PlanOptions,
} from './lifecycle/jobs/plan.js';
export {
  ensure,
  type EnsuredJobs,
  type EnsureOptions,
  type EnsureResult,
} from './lifecycle/jobs/ensure.js';
export {
  actArguments,
  writeActrc,
  type ActArguments,
  type ActOptions,
} from './lifecycle/jobs/actrc.js';
export { jobRequestOf, type Job, type JobRequest, type Jobs } from './lifecycle/jobs/jobs.js';
export type { Compiler } from './definition/compiler.js';
export type { Requirements, RequirementsYaml } from './definition/requirements.js';
export type { SkippedJob, Workflow, WorkflowJob } from './definition/workflow/workflow-job.js';
export type { Score } from './catalog/match.js';

// Verbs: prune, and the cache of what came from registries
export { prune, type PruneOptions, type PruneResult } from './lifecycle/prune/prune.js';
export { ruleOptionsOf, type RuleOptions } from './lifecycle/prune/prune-rules.js';
export type { Need } from './disk/free-space.js';
export type { PruneDecision, PruneKind, PruneRule, Shortfall } from './policy/prune-model.js';
export {
  cacheInfo,
  listCache,
  verifyCache,
  type CachedImage,
  type CacheInfo,
  type CacheProof,
} from './lifecycle/cache/manage-cache.js';
export { purgeCache, type PurgeResult, type PurgeOptions } from './lifecycle/cache/purge-cache.js';
