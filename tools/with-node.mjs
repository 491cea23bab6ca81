// Runs a command on another version of Node.js, which is installed from the npm registry: node tools/with-node.mjs 24 npm test
// With `win-22` as version, that of Windows is installed; the command finds its node.exe in the first folder of PATH.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const [version, command, ...args] = process.argv.slice(2);
if (command === undefined)
  throw new Error('expected a version and a command: node tools/with-node.mjs 24 npm test');

const system = process.platform === 'win32' ? 'win' : process.platform;
const [, foreign, number] = /^(?:(win)-)?(.+)$/.exec(version);
const name = `node-${foreign ?? system}-${process.arch}`;
const folder = join(import.meta.dirname, '../node_modules/.cache/node', version);
const bin = join(folder, 'node_modules', name, 'bin');

if (!existsSync(bin)) {
  // npm refuses packages of another system, but with --force.
  const force = foreign ? ['--force'] : [];
  const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', ...force];
  const { status, stderr } = run('npm', [...install, `${name}@${number}`], 'pipe');
  if (status !== 0) throw new Error(`expected Node.js ${version} from npm, got none\n${stderr}`);
}
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
const { status, signal, error } = run(command, args, 'inherit', env);
if (error) throw error;
process.exitCode = signal ? 1 : status;

function run(program, words, stdio, env = process.env) {
  return spawnSync(program, words, { stdio, env, encoding: 'utf8', shell: system === 'win' });
}
