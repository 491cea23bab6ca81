// What the Nx plugin loads on every nx command: pure and light. Nothing here may reach files or engines.
export { ImageError, type ErrorCode } from '../errors.js';
export { shortList } from '../errors.js';
export { printable, printableJson, printableLines } from '../printable.js';
export {
  DEFINITION_FILE,
  isDaemonless,
  parseDefinition,
  SCRATCH,
  type Definition,
  type Facts,
} from './definition.js';
export {
  checkName,
  featuresOf,
  formatName,
  nearestName,
  normalizeOs,
  parseName,
  type ImageName,
} from './name.js';
export { formatPlatform, parsePlatform } from '../oci/platform.js';
export { parseSettings, SETTINGS_FILE, type Settings } from './settings.js';
export { LOCK_FILE, parseLock, type BaseLock } from './lock.js';
export { RUNS_DAYS, RUNS_FOLDER, type TaskRun } from './runs.js';
export { definitionFor, nameFor, requirementsOf, type Requirements } from './requirements.js';
export { parseWorkflow } from './workflow.js';
