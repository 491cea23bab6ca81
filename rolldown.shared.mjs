import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

/** How a package is bundled: a few files start faster than hundreds. What it depends on stays outside; declarations are tsc's. */
export function bundled(input) {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  return defineConfig({
    input,
    // With what is below a package's name: an entry point that is bundled would have classes of its own.
    external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
    platform: 'node',
    transform: { target: 'node20.19' },
    output: {
      dir: 'dist',
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      // Docstrings are in the declarations; here they would only be loaded at every start.
      comments: { jsdoc: false },
    },
  });
}
