export {
  asImageError,
  ImageError,
  shortList,
  type ErrorCode,
  type ImageErrorOptions,
} from './errors.js';
export { printable, printableJson, printableLines } from './printable.js';

export {
  canonicalReference,
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
} from './oci/reference.js';
export { formatPlatform, parsePlatform, type Platform } from './oci/platform.js';
export { parseDigest, type Digest } from './oci/digest.js';
export type { Descriptor } from './oci/descriptor.js';
export type { NamedDescriptor } from './oci/layout.js';

export type {
  Bytes,
  CallOptions,
  Open,
  ReadOptions,
  Sink,
  Source,
  Store,
} from './transfer/store.js';
export { copy, copyGraph, type CopyEvent, type CopyOptions } from './transfer/copy.js';
export { selectPlatform } from './transfer/select-platform.js';
export { readAll, readContent, verified } from './transfer/verified.js';
export {
  imagesOf,
  sizeOf,
  walk,
  type Document,
  type Graph,
  type WalkOptions,
} from './transfer/walk.js';

export { ArchiveWriter, type Deliver } from './archive/archive-writer.js';
export {
  openArchive,
  openPipedArchive,
  type ArchiveKind,
  type OpenedArchive,
} from './archive/open-archive.js';
export { openLayout } from './store/layout-dir.js';
export { FileStore } from './store/file-store.js';
export { writeAtomically } from './disk/atomic-write.js';
export { ENGINES } from './definition/engines.js';
export { detectEngine, type EngineChoice, type EngineOptions } from './engine/detect.js';
export {
  canBuild,
  type BuildingEngine,
  type BuildRequest,
  type Engine,
  type EngineEvent,
  type EngineImage,
  type EngineKind,
} from './engine/engine.js';

export type { RegistryFlags } from './distribution/open-repository.js';
export { looksRemote } from './location.js';
export { openLocation, type LocationKind, type Opened, type OpenOptions } from './open.js';
export type { LifecycleEvent, VerbOptions } from './lifecycle/call.js';
export { archiveOf, openEngine, openWorkspace, type Workspace } from './lifecycle/workspace.js';
export { build, saveDefinition, type BuildOptions, type BuildResult } from './lifecycle/build.js';
export { doctor, type Diagnosis, type DoctorOptions, type Problem } from './lifecycle/doctor.js';
export {
  inspect,
  type InspectedImage,
  type InspectedLayer,
  type InspectedName,
  type Inspection,
  type InspectOptions,
} from './lifecycle/inspect.js';
export { list, type ListEntry } from './lifecycle/list.js';
export { listEngine, type EngineListing } from './lifecycle/list-engine.js';
export { kubernetesImages } from './lifecycle/kubernetes.js';
export type { KubernetesImage } from './definition/kubernetes.js';
export {
  cacheInfo,
  listCache,
  verifyCache,
  type CachedImage,
  type CacheInfo,
  type CacheProof,
} from './lifecycle/manage-cache.js';
export { purgeCache, type Purged, type PurgeOptions } from './lifecycle/purge-cache.js';
export { sync, type SyncOptions, type SyncResult } from './lifecycle/fleet.js';
export { pull, type PullOptions, type PullResult } from './lifecycle/pull.js';
export { load, type LoadOptions, type LoadResult } from './lifecycle/load.js';
export { prune, type PruneOptions, type PruneResult } from './lifecycle/prune.js';
export type { PruneDecision, PruneRule, PruneRules, Shortfall } from './policy/prune-model.js';
export { save, type SaveOptions } from './lifecycle/save.js';
export type { SaveResult } from './lifecycle/save-image.js';
export { listInputs } from './lifecycle/list-inputs.js';
export { readDefinition, type FoundDefinition } from './lifecycle/recipe.js';
export { updateBase } from './lifecycle/update-base.js';
export { dockerfileOf } from './lifecycle/dockerfile.js';
export { plan, type JobPlan, type Planned, type PlannedJobs } from './lifecycle/plan.js';
export { ensure, type Ensured, type EnsureResult } from './lifecycle/ensure.js';
export { actArguments, writeActrc, type ActArguments } from './lifecycle/actrc.js';
export type { JobRequest } from './lifecycle/jobs.js';
export { findDefinitions } from './lifecycle/definitions.js';
export { registryHandler, type Answered, type RegistryHandlerOptions } from './registry/handler.js';
export { hostCheck } from './registry/access/allowed-hosts.js';
export { HostedStore } from './store/hosted-store.js';
export type { Hosted, HostedManifest, Hosting, Uploads } from './transfer/hosted.js';
export {
  report,
  type Report,
  type ReportedArchive,
  type ReportOptions,
} from './lifecycle/report.js';
export { reportPage } from './lifecycle/report-page.js';
export { serve, type ServeOptions } from './lifecycle/serve.js';
export { collectRegistry, scrubRegistry } from './lifecycle/maintain-registry.js';
export type { CollectedHosted } from './store/hosted-collect.js';
export type { Damage, Scrubbed } from './store/scrub.js';
export {
  Access,
  type AccessOptions,
  type AccessRule,
  type Permission,
  type Rights,
} from './registry/access/access.js';
export { planSync, syncCatalog, type CatalogSync } from './lifecycle/sync.js';
export { verify, type VerifyLocationsOptions, type VerifyResult } from './lifecycle/verify.js';
export type { ImageProblem } from './verify/problem.js';
export { push, type PushOptions, type PushResult } from './lifecycle/push.js';
export { copyImages, type CopiedImage, type CopyImagesOptions } from './lifecycle/copy-images.js';
