// Runs a command on another version of Node.js, which is installed from the npm registry: node tools/with-node.mjs 24 npm test
// With `win-22` as version, that of Windows is installed; the command finds its node.exe in the first folder of PATH.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { installNode } from './node-from-npm.mjs';

const [version, command, ...args] = process.argv.slice(2);
if (command === undefined)
  throw new Error('expected a version and a command: node tools/with-node.mjs 24 npm test');

const [, system, number] = /^(?:(win)-)?(.+)$/.exec(version);
const bin = join(installNode(number, { system }), 'bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
const { status, signal, error } = spawnSync(command, args, {
  stdio: 'inherit',
  env,
  shell: process.platform === 'win32',
});
if (error) throw error;
process.exitCode = signal ? 1 : status;
