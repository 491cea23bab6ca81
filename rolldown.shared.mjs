import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';
import { notices } from './tools/notices.mjs';

/**
 * How a package is bundled: a few files start faster than hundreds. What it depends on stays outside; declarations are
 * tsc's. A development dependency that it imports becomes part of it, without the modules of `leftOut`: its sources never call them.
 */
export function bundled(input, { leftOut = [] } = {}) {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  return defineConfig({
    input,
    // With what is below a package's name: an entry point that is bundled would have classes of its own.
    external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
    platform: 'node',
    // A copy of the streams of Node.js, for older versions of it.
    resolve: { alias: { 'readable-stream': 'node:stream' } },
    transform: { target: 'node20.19' },
    plugins: [without(leftOut), notices()],
    output: {
      dir: 'dist',
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      // Docstrings are in the declarations; here they would only be loaded at every start.
      comments: { jsdoc: false },
    },
  });
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
