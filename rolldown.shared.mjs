import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';
import { notices } from './tools/notices.mjs';

/**
 * How a package is bundled: a few files start faster than hundreds. What it depends on stays outside; declarations are
 * tsc's. A development dependency that it imports becomes part of it, without the modules of `leftOut`, which are never called; the
 * imports of `apart` are bundles of their own.
 */
export function bundled(input, { leftOut = [], apart = [] } = {}) {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  return defineConfig({
    input,
    // With what is below a package's name: an entry point that is bundled would have classes of its own.
    external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
    platform: 'node',
    // A copy of the streams of Node.js, for older versions of it.
    resolve: { alias: { 'readable-stream': 'node:stream' } },
    transform: { target: 'node20.19' },
    plugins: [without(leftOut), keepApart(apart), notices()],
    output: {
      dir: 'dist',
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      // Docstrings are in the declarations; here they would only be loaded at every start.
      comments: { jsdoc: false },
    },
  });
}

/** Leaves imports of other bundles of the package as they are; those are beside the file that imports them. */
function keepApart(files) {
  return {
    name: 'apart',
    resolveId: (id) => (files.includes(id) ? { id, external: true } : undefined),
  };
}

const NOTHING = '\0nothing.cjs';

/** Puts a function that does nothing in the place of modules. */
function without(modules) {
  return {
    name: 'left-out',
    resolveId: (name) => (modules.includes(name) ? NOTHING : undefined),
    load: (id) => (id === NOTHING ? 'module.exports = () => () => undefined;' : undefined),
  };
}
