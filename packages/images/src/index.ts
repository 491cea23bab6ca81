export { createDependencies, createNodes, createNodesV2, name } from './plugin.js';
export { postTasksExecution } from './record-runs.js';
export type { ImagesPluginOptions } from './infer/options.js';
