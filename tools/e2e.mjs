// `npm run e2e -- [--engine NAME] [TEST…]`: builds, then runs end-to-end tests, on an engine of the matrix in place of the
// Docker Engine of this machine (docs/engines.md).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  options: { engine: { type: 'string' } },
  allowPositionals: true,
});
const env = {
  ...process.env,
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  ...(values.engine === undefined ? {} : { STOWAGE_E2E_ENGINE: values.engine }),
};

function run(...args) {
  const { status } = spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run('nx', 'run-many', '-t', 'build', '--output-style=static');
run('vitest', 'run', '--root', 'e2e', ...positionals);
