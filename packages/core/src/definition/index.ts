/**
 * Definitions, names, settings, locks and workflows, read and checked without files, engines or network. Nx loads this module
 * on every command, so it imports nothing heavy.
 *
 * @packageDocumentation
 */

// Errors
export { ImageError, shortList, type ErrorCode, type ImageErrorOptions } from '../errors.js';
export {
  NAMED_OPTIONS,
  NAMED_VERBS,
  say,
  type NamedOption,
  type NamedVerb,
  type Speech,
  type Wording,
} from '../wording.js';

// Escaping of untrusted text for logs
export { printable, printableJson, printableLines } from '../printable.js';

// Definitions and locks
export { DEFINITION_FILE, parseDefinition, type Definition, type Facts } from './definition.js';
export type { HostsYaml, SecretYaml, UlimitsYaml } from './build-schema.js';
export type { ExtraHost, Ulimit } from './settings/step-settings.js';
export type { CopyYaml, ImageYaml, RetentionYaml } from './image-schema.js';
export { LOCK_FILE, parseLock, type BaseLock } from './lock.js';
export type { YamlFile } from './read-yaml.js';

// Names and platforms
export { compilerOf, formatName, normalizeOs, parseName, type ImageName } from './name.js';
export { imageOfOs, osOfCodeName, osOfImage } from './distributions.js';
export { formatCompiler, INSTALLED_COMPILERS, type Compiler } from './compiler.js';
export type { Digest } from '../oci/digest.js';
export { formatPlatform, parsePlatform, type Platform } from '../oci/platform.js';

// Settings and task runs
export {
  parseSettings,
  SETTINGS_FILE,
  type RuleTexts,
  type Settings,
} from './settings/settings.js';
export type { GroupCounts, PushCompression } from './settings/settings-schema.js';
export type { ServePruneYaml, ServeYaml } from './settings/serve-schema.js';
export type { ShareMode, ShareRepository, ShareSettings } from './settings/share-settings.js';
export { ENGINES, type EngineName } from './engines.js';
export type { SettingsLimits } from './settings/limits-schema.js';
export { RUNS_DAYS, RUNS_FOLDER, type TaskRun } from './runs.js';

// Requirements of jobs
export {
  definitionFor,
  nameFor,
  requirementsOf,
  type Base,
  type Requirements,
  type RequirementsYaml,
} from './requirements.js';
export {
  completeWorkflow,
  parseWorkflow,
  type CompleteJob,
  type CompleteWorkflow,
} from './workflow/workflow.js';
export type {
  SkippedJob,
  Workflow,
  WorkflowJob,
  WorkflowOptions,
} from './workflow/workflow-job.js';
