/**
 * Registries: serve one, keep its folder, act on the repositories of any. An entry point of its own, so that commands that
 * need none of it do not load it; types that it shares with the rest are exported by `@stowage/core`.
 *
 * @packageDocumentation
 */

// A registry to serve, or to mount in a test
export type { AnsweredRequest } from './registry/handler/answered-request.js';
export { registryHandler, type RegistryHandlerOptions } from './registry/handler/handler.js';
export type { Route } from './registry/handler/routes.js';
export { openRegistryFolder } from './registry/storage/open-registry-folder.js';
export type { RegistryFolderOptions } from './registry/storage/quota/quotas.js';
export type {
  AppendOptions,
  BlobOptions,
  HostedBlob,
  RegistryReader,
  StoredManifest,
  RegistryStorage,
  ManifestContent,
  Page,
  ReferrersOptions,
  RepositorySpace,
  Uploads,
} from './registry/hosted.js';
export {
  Access,
  type AccessOptions,
  type LoginRequest,
  type Rights,
} from './registry/access/access.js';
export type { PasswordCheck, PasswordListener } from './registry/access/passwords.js';
export type { Login } from './registry/access/remembered-logins.js';
export type { Limit, RequestLimits } from './registry/handler/limiter.js';
export { hostCheck } from './registry/access/allowed-hosts.js';
export {
  Metrics,
  type CountedAnswer,
  type MetricsOptions,
  type MetricsText,
  type MetricsValues,
  type StorageFacts,
} from './registry/metrics.js';
export { serve, type Serving } from './lifecycle/serve/serve.js';
export { serveAsWorker } from './lifecycle/serve/workers/serve-as-worker.js';
export { serveByWorkers, type WorkersOptions } from './lifecycle/serve/workers/serve-by-workers.js';
export { WorkerEnded } from './lifecycle/serve/workers/crew.js';
export type { RetentionOptions } from './lifecycle/serve/retention.js';
export {
  setPassword,
  type PasswordSet,
  type SetPasswordOptions,
} from './lifecycle/serve/set-password.js';
export type { ServeOptions } from './lifecycle/serve/serve-options.js';
export type { AccessControl } from './lifecycle/serve/serve-access.js';
export type { Listening } from './lifecycle/serve/listen.js';
export type { UpkeepOptions } from './lifecycle/maintain/upkeep.js';
export {
  collectRegistry,
  scrubRegistry,
  type CollectRegistryOptions,
  type ScrubRegistryOptions,
} from './lifecycle/maintain/maintain-registry.js';
export {
  importRegistry,
  type ImportRegistryOptions,
} from './lifecycle/maintain/import-registry.js';
export type { ImportedRegistry } from './registry/storage/import/import-images.js';
export type { RegistryFolder } from './lifecycle/maintain/registry-folder.js';
export type { CollectedGarbage } from './registry/storage/collect-registry.js';
export type { Damage, ScrubResult } from './registry/storage/scrub.js';

// Verbs: act on repositories of registries
export { sync, type SyncOptions } from './lifecycle/sync/sync.js';
export type { SyncResult } from './lifecycle/sync/sync-records.js';
export { copyTags, type CopiedTag, type CopyTagsOptions } from './lifecycle/remote/copy-tags.js';
export {
  findDigest,
  type FindDigestOptions,
  type FoundDigest,
} from './lifecycle/remote/find-digest.js';
export {
  listRegistry,
  listTags,
  type RegistryListing,
  type TagListing,
} from './lifecycle/remote/list-registry.js';
export {
  removeImages,
  type RemovedImage,
  type RemoveOptions,
} from './lifecycle/remote/remove-images.js';
export { tagImage, type TaggedImage } from './lifecycle/remote/tag-image.js';
export { pruneShare, type PruneShareOptions } from './lifecycle/prune-share/prune-share.js';

// Verbs: the folder of a served registry
export {
  listServed,
  reportServed,
  type ServedImage,
  type ServedListing,
  type ServedReport,
  type ServedRepository,
} from './lifecycle/maintain/served-images.js';
export { servedReportPage } from './lifecycle/maintain/served-page.js';

// Verbs: artifacts that refer to images
export { attach, type AttachedArtifact, type AttachOptions } from './lifecycle/artifacts/attach.js';
export {
  pullArtifact,
  type PullArtifactOptions,
  type PulledArtifact,
} from './lifecycle/artifacts/pull-artifact.js';
export {
  referrerTree,
  type ReferrerTree,
  type TreeNode,
} from './lifecycle/artifacts/referrer-tree.js';

// Verbs: logins at registries
export {
  login,
  logout,
  type LoginOptions,
  type LoginResult,
  type LogoutResult,
} from './lifecycle/login/login.js';
export type { LoginPlace } from './distribution/auth/stored-logins.js';
