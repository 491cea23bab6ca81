// The README's `npm run demo`: the main job in a small Nx workspace, on a real engine where one answers.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyProgram } from './tiny-program.mjs';

const repository = join(import.meta.dirname, '..');
const workspace = mkdtempSync(join(tmpdir(), 'stowage-demo-'));
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const inherited = Object.entries(process.env).filter(([key]) => !/^(NX_|npm_|INIT_CWD)/i.test(key));
const env = {
  ...Object.fromEntries(inherited),
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
};
const IMAGE = 'hello-debian-12-greeter';
const ARCHIVE = `images/hello/${IMAGE}.tar`;

try {
  prepare();
  demo();
} finally {
  rmSync(workspace, { recursive: true, force: true });
}

function demo() {
  const { stdout } = run('stowage', ['doctor', '--engine', 'docker', '--json']);
  const hasDocker = JSON.parse(stdout).engine !== null;
  const engine = hasDocker ? 'docker' : 'embedded';
  say(
    hasDocker
      ? 'A Docker Engine answers: images are loaded into it.'
      : 'No Docker Engine answers: the embedded store is used instead (--engine embedded).',
  );

  say(
    'Two images, one built on the other, each a project of the Nx graph. Nothing is built twice.',
  );
  show('nx', ['run', 'hello:image-save', '--output-style=static']);
  show('nx', ['run', 'hello:image-save']);

  say('The archives. Each has a record beside it, and an entry in the catalog.');
  show('stowage', ['ls']);
  show('stowage', ['inspect', IMAGE]);

  say('Load the image into the engine. The second time no byte is sent.');
  show('stowage', ['load', IMAGE, '--engine', engine]);
  show('stowage', ['load', IMAGE, '--engine', engine]);
  if (hasDocker) show('docker', ['run', '--rm', '--network=none', IMAGE]);

  say('The image for a CI job in one command: found, or built and saved, then loaded.');
  show('stowage', ['ensure', '--os', 'debian-12', '--variant', 'greeter', '--engine', engine]);

  say(
    "The engine's copy and the archives are deleted. Nx restores the archives from its cache, byte for byte, and they load.",
  );
  rmSync(join(workspace, 'images'), { recursive: true });
  forget(hasDocker);
  show('nx', ['run', `${IMAGE}:image-load`, `--engine=${engine}`]);

  say('What prune would delete, and why.');
  show('stowage', ['prune', '--dry-run', '--engine', engine]);

  say('One bit of an archive is flipped. Loading reports the damage, and loads nothing.');
  forget(hasDocker);
  flipOneBit(join(workspace, ARCHIVE));
  show('stowage', ['load', ARCHIVE, '--as', 'hello:broken', '--engine', engine], 4);

  say('That was the main job. README.md shows how to set it up in your own workspace.');
}

/** Copies the example out of this repository, and links this repository's packages into it. */
function prepare() {
  cpSync(join(repository, 'examples/workspace'), workspace, { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(workspace, 'node_modules'), 'junction');
  const program = tinyProgram('Hello from an image that came out of a file.\n');
  const path = join(workspace, 'apps/hello/images/debian-12-greeter/files/greet');
  if (program) writeFileSync(path, program);
  chmodSync(path, 0o755);
}

function show(program, args, expected = 0) {
  process.stdout.write(`\n${bold(`$ ${[program, ...args].join(' ')}`)}\n`);
  const started = Date.now();
  const { status, stdout, stderr } = run(program, args);
  const noise =
    /^\s*$|^npm warn|Run duration|Critical path|Recoverable time|Hint: run the command|^\s*Cache: /;
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => !noise.test(line));
  process.stdout.write(
    `${lines.map((line) => `  ${line}`).join('\n')}\n  ${dim(`${((Date.now() - started) / 1000).toFixed(1)} s${status === 0 ? '' : `, exit ${status}`}`)}\n`,
  );
  if (status !== expected)
    throw new Error(`${program} ${args.join(' ')}: expected exit ${expected}, got ${status}`);
}

function run(program, args) {
  const paths = {
    nx: join(repository, 'node_modules/nx/dist/bin/nx.js'),
    stowage: join(repository, 'packages/cli/dist/main.js'),
  };
  const [command, all] =
    program in paths ? [process.execPath, [paths[program], ...args]] : [program, args];
  return spawnSync(command, all, { cwd: workspace, env, encoding: 'utf8' });
}

/** Removes the image from the engine. */
function forget(hasDocker) {
  if (hasDocker) run('docker', ['image', 'rm', IMAGE]);
  else rmSync(join(workspace, '.stowage/store'), { recursive: true, force: true });
}

function flipOneBit(path) {
  const bytes = readFileSync(path);
  const at = bytes.lastIndexOf('Hello from an image');
  bytes[at] ^= 1;
  writeFileSync(path, bytes);
}

function say(text) {
  process.stdout.write(`\n${colour ? `\u001b[36m${text}\u001b[0m` : text}\n`);
}

function bold(text) {
  return colour ? `\u001b[1m${text}\u001b[0m` : text;
}

function dim(text) {
  return colour ? `\u001b[2m${text}\u001b[0m` : text;
}
