/**
 * Container images as files: sources to read images from, sinks to write them to, one `copy` between them, and the verbs
 * of the command line as functions.
 *
 * @packageDocumentation
 */

// The environment, home folder and clock that a program gives
export type { Environment, GivenSurroundings, Surroundings } from './surroundings.js';

// Errors
export {
  asImageError,
  ImageError,
  shortList,
  type ErrorCode,
  type ErrorPlace,
  type ImageErrorOptions,
} from './errors.js';

// Texts that name options and verbs, for programs that name these differently
export {
  NAMED_OPTIONS,
  NAMED_VERBS,
  say,
  worded,
  type NamedOption,
  type NamedVerb,
  type Notice,
  type Speech,
  type Worded,
  type Wording,
} from './wording.js';

// CI systems: job summaries, annotations, sections of the log
export { annotationsOf } from './ci/annotations.js';
export { engineSections, type EngineSections, type SectionEvent } from './ci/log-sections.js';
export { appendSummary } from './ci/summary.js';
export type { JobSummary } from './ci/summary-text.js';

// The debug log
export { writeDebugLog } from './debug.js';

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
export type { Attachment } from './oci/attachments.js';
export type { Descriptor } from './oci/descriptor.js';
export {
  formatPlatform,
  parsePlatform,
  type Platform,
  type PlatformChoice,
} from './oci/platform.js';
export type { EmbeddedName, NamedDescriptor, NamingOptions } from './oci/layout.js';

// The model: sources, sinks, stores, and what moves images between them
export type {
  Bytes,
  CallOptions,
  FindReferrersOptions,
  MalformedImage,
  Open,
  Place,
  PrepareOptions,
  ReadOptions,
  ResolveOptions,
  Sink,
  Source,
  Store,
} from './transfer/store.js';
export { copy, copyGraph, type CopyEvent, type CopyOptions } from './transfer/copy.js';
export { budgetFor, walk, type Budget, type WalkOptions } from './transfer/graph/walk.js';
export {
  imagesOf,
  sizeOf,
  type GraphDocument,
  type Graph,
  type RunnableImage,
} from './transfer/graph/graph.js';
export type { DockerHalf, DockerImage, Halves } from './transfer/halves.js';
export type { ImageConfig } from './oci/config.js';
export type { ImageIndex, ImageManifest, Manifest } from './oci/manifest.js';
export type { Limits } from './oci/limits.js';
export { resolveAmong } from './transfer/graph/resolve.js';
export { selectPlatform } from './transfer/graph/select-platform.js';
export { readAll, readContent, verified, type VerifiedOptions } from './transfer/verified.js';

// Archives, layouts and the embedded store
export {
  ArchiveWriter,
  type ArchiveWriterOptions,
  type Deliver,
  type OpenBlob,
} from './archive/archive-writer.js';
export type { ArchiveContent } from './archive/tar/placed-tar.js';
export type { TarMember } from './archive/tar/pack-tar.js';
export type { MemberHeader } from './archive/tar/tar-member.js';
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
  type Fill,
  type FolderOptions,
} from './disk/atomic-write.js';
export type { Chunks } from './disk/write-all.js';

// Repositories of registries
export { openRepository, type OpenedRepository } from './open-repository.js';
export type { RegistryLoginOptions } from './distribution/open-repository.js';
export type { ConnectionOptions } from './distribution/transport/client.js';
export type { CertificateOptions } from './distribution/transport/certificates.js';

// Engines
export { ENGINES, type EngineName } from './definition/engines.js';
export { detectEngine, type EngineChoice, type EngineOptions } from './engine/detect.js';
export {
  canBuild,
  type BuildAnswers,
  type Builder,
  type BuildingEngine,
  type BuildLogin,
  type BuildRequest,
  type Engine,
  type EngineBuildOptions,
  type EngineEvent,
  type EngineImage,
  type EngineManifest,
  type EngineKind,
  type EngineSinkOptions,
  type EngineSourceOptions,
  type ImagePart,
  type RunRequest,
  type StepSettings,
} from './engine/engine.js';

// Conversion and verification of one image or source
export { convertImage, type ConvertedImage } from './convert/convert-image.js';
export type { ConvertOptions } from './convert/convert-options.js';
export type { ConvertedLayer, LayerOptions } from './convert/convert-layer.js';
export type { Format, LayerCompression } from './convert/formats.js';
export {
  verifySource,
  type VerifySourceResult,
  type VerifyOptions,
} from './verify/verify-source.js';
export type { ImageProblem } from './verify/problem.js';

export {
  parseAccessRule,
  type AccessRule,
  type Permission,
} from './registry/access/access-rule.js';
export type { ServePruneYaml, ServeYaml } from './definition/settings/serve-schema.js';

// Workspaces, and the verbs of the command line
export * from './verbs.js';
