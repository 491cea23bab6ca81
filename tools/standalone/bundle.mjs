import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { notices } from '../notices.mjs';

const MAIN = join(import.meta.dirname, 'main.mjs');
const EMBEDDED = join(import.meta.dirname, 'embedded.mjs');

/** Never loaded: this version of Node.js compresses zstd itself, and nobody installs the other one, which is optional. */
const LEFT_OUT = ['@bokuweb/zstd-wasm', 'kerberos'];

/** In the place of the URL of a module. Nothing can be below it, so no file beside the executable file is ever read. */
const NOWHERE = '"file:///dev/null/stowage.js"';

/** The code that starts threads: those of the pool, and the modules that run in them. */
const POOL_THREAD = 'fileURLToPath(import.meta.url + "/../entry/worker.js"), options';
const THREAD_MODULE = /new URL\("\.\/([a-z-]+\.js)", import\.meta\.url\)\.href/g;

/**
 * Bundles the built command and all its packages in one module.
 *
 * @returns {Promise<{ code: string, licences: string }>} the module, and the licences of the packages
 */
export async function bundleCommand() {
  const [{ code }, ...assets] = await bundle(MAIN, 'cjs', [
    embedFiles({ packages: true }),
    notices({ withoutText: true }),
  ]);
  return { code, licences: assets[0].source };
}

async function bundle(input, format, plugins) {
  const bundler = await rolldown({
    input,
    plugins,
    platform: 'node',
    external: LEFT_OUT,
    resolve: { alias: { 'readable-stream': 'node:stream' } },
    onLog: (level, { message }) => {
      throw new Error(`${level}: ${message}`);
    },
  });
  const { output } = await bundler.generate({
    format,
    codeSplitting: false,
    comments: { jsdoc: false },
  });
  return output;
}

/** Puts into a module what it finds by its own URL: threads, their modules, and `packages` that it requires. */
function embedFiles({ packages }) {
  return {
    name: 'embed-files',
    async transform(source, id) {
      if (!source.includes('import.meta.url')) return undefined;
      // The bundler's own functions require modules of Node.js.
      const isOwn = packages && !id.startsWith('\0');
      const name = isOwn ? 'embedded' : 'process.getBuiltinModule';
      let code = source.replaceAll('createRequire(import.meta.url)', name);
      if (isOwn) code = `import { embedded } from ${JSON.stringify(EMBEDDED)};\n${code}`;
      for (const [found, file] of code.matchAll(THREAD_MODULE)) {
        const module = await bundleThread(join(dirname(id), file), 'es');
        const url = `data:text/javascript;base64,${Buffer.from(module).toString('base64')}`;
        code = code.replace(found, JSON.stringify(url));
      }
      if (code.includes(POOL_THREAD)) {
        const thread = await bundleThread(join(dirname(id), 'entry/worker.js'), 'cjs');
        const options = `${JSON.stringify(thread)}, { ...options, eval: true }`;
        code = code.replace(POOL_THREAD, () => options);
      }
      return { code: code.replaceAll('import.meta.url', NOWHERE) };
    },
  };
}

async function bundleThread(file, format) {
  const [{ code }] = await bundle(file, format, [embedFiles({ packages: false })]);
  return code;
}
