/**
 * Container images as files: sources to read images from, sinks to write them to, one `copy` between them, and the verbs
 * of the command line as functions.
 *
 * @packageDocumentation
 */

// Errors
export {
  asImageError,
  ImageError,
  shortList,
  type ErrorCode,
  type ImageErrorOptions,
} from './errors.js';

// Text from elsewhere, for terminals and logs
export { printable, printableJson, printableLines } from './printable.js';

// Names: references, digests, descriptors, platforms
export {
  canonicalReference,
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
} from './oci/reference.js';
export { parseDigest, type Digest } from './oci/digest.js';
export type { Descriptor } from './oci/descriptor.js';
export { formatPlatform, parsePlatform, type Platform } from './oci/platform.js';
export type { EmbeddedName, NamedDescriptor, NamingOptions } from './oci/layout.js';

// The model: sources, sinks, stores, and what moves images between them
export type {
  Bytes,
  CallOptions,
  Open,
  PrepareOptions,
  ReadOptions,
  Sink,
  Source,
  Store,
} from './transfer/store.js';
export { copy, copyGraph, type CopyEvent, type CopyOptions } from './transfer/copy.js';
export { budgetFor, walk, type Budget, type WalkOptions } from './transfer/walk.js';
export {
  imagesOf,
  sizeOf,
  type Document,
  type Graph,
  type RunnableImage,
} from './transfer/graph.js';
export type { DockerHalf, DockerImage, Halves } from './transfer/halves.js';
export type { ImageConfig } from './oci/config.js';
export type { ImageIndex, ImageManifest, Manifest } from './oci/manifest.js';
export type { Limits } from './oci/limits.js';
export { resolveAmong } from './transfer/resolve.js';
export { selectPlatform } from './transfer/select-platform.js';
export { readAll, readContent, verified, type VerifiedOptions } from './transfer/verified.js';

// Archives, layouts and the embedded store
export { ArchiveWriter, type Deliver } from './archive/archive-writer.js';
export {
  openArchive,
  openPipedArchive,
  type ArchiveKind,
  type OpenArchiveOptions,
  type OpenedArchive,
  type PipedArchiveOptions,
} from './archive/open-archive.js';
export type { Compression } from './compression/detect.js';
export { openLayout } from './store/layout-dir.js';
export { LayoutSink } from './store/layout-sink.js';
export { FileStore } from './store/file-store.js';
export {
  writeAtomically,
  type AtomicOptions,
  type Chunks,
  type FolderOptions,
} from './disk/atomic-write.js';

// Repositories of registries
export { openRepository, type OpenedRepository } from './open-repository.js';
export type { RegistryFlags } from './distribution/open-repository.js';
export type { ConnectionOptions } from './distribution/transport/client.js';
export type { CertificateOptions } from './distribution/transport/certificates.js';

// Engines
export { ENGINES, type EngineName } from './definition/engines.js';
export { detectEngine, type EngineChoice, type EngineOptions } from './engine/detect.js';
export {
  canBuild,
  type BuildingEngine,
  type BuildRequest,
  type Engine,
  type EngineBuildOptions,
  type EngineEvent,
  type EngineImage,
  type EngineKind,
  type EngineSinkOptions,
  type EngineSourceOptions,
  type ImagePart,
  type RunRequest,
} from './engine/engine.js';

// Conversion and verification of one image or source
export { convertImage, type Converted, type ConvertOptions } from './convert/convert-image.js';
export type { ConvertedLayer, LayerOptions } from './convert/convert-layer.js';
export type { Format, LayerCompression } from './convert/formats.js';
export { verifySource, type Verified, type VerifyOptions } from './verify/verify-source.js';
export type { ImageProblem } from './verify/problem.js';

// A registry to serve, or to mount in a test
export {
  registryHandler,
  type Answered,
  type RegistryHandlerOptions,
} from './registry/handler/handler.js';
export type { Route } from './registry/handler/routes.js';
export {
  openRegistryFolder,
  type RegistryFolderOptions,
} from './registry/storage/open-registry-folder.js';
export type {
  AppendOptions,
  RegistryReader,
  StoredManifest,
  RegistryStorage,
  ManifestContent,
  Page,
  ReferrersOptions,
  Uploads,
} from './registry/hosted.js';
export {
  Access,
  type AccessOptions,
  type AccessRule,
  type LoginRequest,
  type Permission,
  type Rights,
} from './registry/access/access.js';
export { hostCheck } from './registry/access/allowed-hosts.js';
export { Metrics, type CountedAnswer, type MetricsText } from './registry/metrics.js';
export { serve, type ServeOptions } from './lifecycle/serve/serve.js';
export type { AccessControl } from './lifecycle/serve/serve-access.js';
export type { Listening } from './lifecycle/serve/listen.js';
export type { UpkeepOptions } from './lifecycle/maintain/upkeep.js';
export {
  collectRegistry,
  scrubRegistry,
  type CollectRegistryOptions,
  type RegistryFolder,
  type ScrubRegistryOptions,
} from './lifecycle/maintain/maintain-registry.js';
export type { CollectedGarbage } from './registry/storage/collect-registry.js';
export type { Damage, Scrubbed } from './registry/storage/scrub.js';

// Workspaces, and locations as the command line takes them
export {
  archiveOf,
  openEngine,
  openWorkspace,
  type Workspace,
  type WorkspaceOptions,
} from './lifecycle/workspace/workspace.js';
export { looksRemote } from './location.js';
export { openLocation, type LocationKind, type Opened, type OpenOptions } from './open.js';
export type { LifecycleEvent, VerbOptions } from './lifecycle/workspace/call.js';
export type { Settings } from './definition/settings.js';
export type { SettingsLimits } from './definition/limits-schema.js';
export type { CatalogPlace } from './catalog/locate.js';
export type { ImageRecord } from './catalog/record.js';

// Verbs: build and save
export {
  build,
  saveDefinition,
  type BuildOptions,
  type BuildResult,
} from './lifecycle/build/build.js';
export {
  readDefinition,
  type DefinitionOptions,
  type FoundDefinition,
} from './lifecycle/workspace/definitions.js';
export type { RecipeOptions } from './lifecycle/build/recipe.js';
export type { Definition, Facts } from './definition/definition.js';
export type { CopyYaml, RetentionYaml } from './definition/image-schema.js';
export type { ImageName } from './definition/name.js';
export type { BaseLock } from './definition/lock.js';
export { dockerfileOf } from './lifecycle/build/dockerfile.js';
export { listInputs } from './lifecycle/build/list-inputs.js';
export { updateBase } from './lifecycle/build/update-base.js';
export { save, type SaveOptions } from './lifecycle/save/save.js';
export type { SaveResult } from './lifecycle/save/save-image.js';

// Verbs: load, pull, push, copy, sync
export { load, type LoadOptions, type LoadResult } from './lifecycle/load/load.js';
export { pull, type PullOptions, type PullResult } from './lifecycle/copy/pull.js';
export { push, type PushOptions, type PushResult } from './lifecycle/push/push.js';
export type { Pushed, PushImageOptions } from './lifecycle/push/push-image.js';
export type { PushNaming } from './lifecycle/push/push-items.js';
export {
  copyImages,
  type CopiedImage,
  type CopyImagesOptions,
} from './lifecycle/copy/copy-images.js';
export type { DestinationOptions } from './lifecycle/copy/destination.js';
export { sync, type SyncOptions } from './lifecycle/sync/sync.js';
export type { SyncResult } from './lifecycle/sync/fleet-records.js';

// Verbs: list, inspect, verify, report, repair
export { list, type ListEntry } from './lifecycle/inspect/list.js';
export { listEngine, type EngineListing } from './lifecycle/inspect/list-engine.js';
export { kubernetesImages, type KubernetesOptions } from './lifecycle/jobs/kubernetes.js';
export type { KubernetesImage } from './definition/kubernetes.js';
export {
  inspect,
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
export {
  report,
  type Report,
  type ReportedArchive,
  type ReportOptions,
  type Unreadable,
} from './lifecycle/report/report.js';
export { reportPage } from './lifecycle/report/report-page.js';
export type { RunSummary } from './lifecycle/report/report-runs.js';
export {
  doctor,
  type Diagnosis,
  type DoctorOptions,
  type Problem,
} from './lifecycle/inspect/doctor.js';
export { planSync, syncCatalog, type CatalogSync } from './lifecycle/workspace/sync-catalog.js';
export type { EntryYaml } from './catalog/entry.js';
export type { CatalogEntry, EntryState, Recorded } from './catalog/reconcile.js';

// Verbs: jobs of a CI service
export {
  plan,
  type JobPlan,
  type Planned,
  type PlannedJobs,
  type PlanOptions,
} from './lifecycle/jobs/plan.js';
export {
  ensure,
  type Ensured,
  type EnsureOptions,
  type EnsureResult,
} from './lifecycle/jobs/ensure.js';
export {
  actArguments,
  writeActrc,
  type ActArguments,
  type ActOptions,
} from './lifecycle/jobs/actrc.js';
export type { Job, JobRequest, Jobs } from './lifecycle/jobs/jobs.js';
export type { Compiler } from './definition/compiler.js';
export type { Requirements, RequirementsYaml } from './definition/requirements.js';
export type { Workflow, WorkflowJob } from './definition/workflow.js';
export type { Score } from './catalog/match.js';

// Verbs: prune, and the cache of what came from registries
export { prune, type PruneOptions, type PruneResult } from './lifecycle/prune/prune.js';
export type { RuleOptions } from './lifecycle/prune/prune-rules.js';
export type { Need } from './disk/free-space.js';
export type {
  AgeRules,
  PruneDecision,
  PruneKind,
  PruneRule,
  PruneRules,
  Shortfall,
} from './policy/prune-model.js';
export {
  cacheInfo,
  listCache,
  verifyCache,
  type CachedImage,
  type CacheInfo,
  type CacheProof,
} from './lifecycle/cache/manage-cache.js';
export { purgeCache, type Purged, type PurgeOptions } from './lifecycle/cache/purge-cache.js';
