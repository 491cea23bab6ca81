// Replaces the functions of createRequire: packages that are loaded on first use, and the modules of Node.js.
const packages = {
  '@stowage/core/package.json': () => require('../../packages/core/package.json'),
  ajv: () => require('ajv'),
  'cli-progress': () => require('cli-progress'),
  yaml: () => require('yaml'),
};

export function embedded(name) {
  const loaded = packages[name]?.() ?? process.getBuiltinModule(name);
  if (loaded === undefined) throw new Error(`${name}: not part of this file`);
  return loaded;
}
