import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CLI, cleanEnvironment, must, type RunOptions, type RunResult } from '../run.js';

/** The version of Node.js for Windows: newer ones need memory that Wine 8 does not give. */
const NODE = 'win-22';
const ROOT = join(import.meta.dirname, '../../..');
const WITH_NODE = join(ROOT, 'tools/with-node.mjs');
const PRELOADED = join(import.meta.dirname, 'no-keep-alive.cjs');
/** In this file Rust's programs find random bytes; Wine 8 lacks it, and has the function under its older name. */
const RANDOM_LIBRARY =
  'LIBRARY bcryptprimitives\nEXPORTS\nProcessPrng=advapi32.SystemFunction036\n';

/** The programs that this needs. Debian keeps those of Wine out of PATH. */
export const WINE = [
  'wine64',
  'wineserver64',
  'x86_64-w64-mingw32-dlltool',
  'x86_64-w64-mingw32-ld',
];
process.env['PATH'] = `${process.env['PATH'] ?? ''}${delimiter}/usr/lib/wine`;

/** Windows' path of a file of this machine. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}

/** A Windows of its own, in a temporary folder. */
export interface Windows {
  /** Runs Node.js for Windows; arguments and environment have Windows' paths, `cwd` one of this machine. */
  readonly node: (args: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** Runs the built command `stowage`. */
  readonly stowage: (args: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** Runs unit tests of core, chosen by parts of their paths; results go to `report` (JSON). */
  readonly unitTests: (tests: readonly string[], report: string) => Promise<RunResult>;
  /** Ends all its processes, and deletes its folder. */
  readonly stop: () => Promise<void>;
}

export async function startWindows(): Promise<Windows> {
  const prefix = await mkdtemp(join(tmpdir(), 'stowage-wine-'));
  const own = { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' };
  const [bin = ''] = (
    await must(process.execPath, [WITH_NODE, NODE, 'node', '-p', 'process.env.PATH'])
  ).split(delimiter);
  const stop = async () => {
    await must('wineserver64', ['-k'], { env: own }).catch(() => undefined);
    await must('wineserver64', ['-w'], { env: own });
    await rm(prefix, { recursive: true, force: true });
  };
  let count = 0;
  /** Output goes to files: Node.js for Windows would take a pipe of this machine for one of Windows. */
  const run = async (args: readonly string[], { cwd, env }: RunOptions = {}) => {
    const [out, err] = [join(prefix, `${++count}.out`), join(prefix, `${count}.err`)];
    const files = [out, err].map((path) => openSync(path, 'w'));
    const clean = cleanEnvironment();
    // The cache is where Windows' applications have theirs.
    delete clean['STOWAGE_CACHE_DIR'];
    try {
      const child = spawn('wine64', args, {
        cwd,
        env: { ...clean, ...own, NODE_OPTIONS: `--require Z:${PRELOADED}`, ...env },
        stdio: ['ignore', ...files],
      });
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, stdout: await readFile(out, 'utf8'), stderr: await readFile(err, 'utf8') };
    } finally {
      for (const file of files) closeSync(file);
    }
  };
  try {
    await run(['winecfg.exe', '-v', 'win10']);
    await addRandomLibrary(prefix);
  } catch (error) {
    await stop();
    throw error;
  }
  const node: Windows['node'] = (args, options = {}) =>
    run([join(bin, 'node.exe'), ...args], options);
  return {
    node,
    stowage: (args, options) => node([windowsPath(CLI), ...args], options),
    unitTests: async (tests, report) => {
      const env = { NAPI_RS_NATIVE_LIBRARY_PATH: windowsPath(await installTransformer(bin)) };
      const vitest = windowsPath(join(ROOT, 'node_modules/vitest/vitest.mjs'));
      const output = ['--reporter=json', `--outputFile.json=${windowsPath(report)}`];
      // Processes would talk to each other through pipes.
      const args = ['run', '--project=core', '--pool=threads', ...output, ...tests];
      return node([vitest, ...args], { cwd: join(ROOT, 'packages/core'), env });
    },
    stop,
  };
}

/** Installs the part of Vite for Windows that makes JavaScript of TypeScript, beside Node.js. @returns its library */
async function installTransformer(bin: string): Promise<string> {
  const { version } = JSON.parse(
    await readFile(join(ROOT, 'node_modules/rolldown/package.json'), 'utf8'),
  ) as { version: string };
  const folder = join(bin, `rolldown-${version}`);
  const name = '@rolldown/binding-win32-x64-msvc';
  const library = join(folder, 'node_modules', name, 'rolldown-binding.win32-x64-msvc.node');
  if (!existsSync(library)) {
    // npm refuses packages of another system, but with --force.
    const install = ['install', '--no-audit', '--no-fund', '--no-save', '--force'];
    await must('npm', [...install, '--prefix', folder, `${name}@${version}`]);
  }
  return library;
}

async function addRandomLibrary(prefix: string): Promise<void> {
  const folder = join(prefix, 'drive_c/windows/system32');
  await mkdir(folder, { recursive: true });
  const [definition, object] = [join(prefix, 'random.def'), join(prefix, 'random.o')];
  await writeFile(definition, RANDOM_LIBRARY);
  await must('x86_64-w64-mingw32-dlltool', ['-d', definition, '-e', object]);
  const library = join(folder, 'bcryptprimitives.dll');
  await must('x86_64-w64-mingw32-ld', ['-shared', '-o', library, object]);
}
