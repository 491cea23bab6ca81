// The README's `npm test`: runs every test that this machine can run, and lists the skipped ones at the end.
// Last line: `N passed, N failed` (`, N skipped`), summed over all suites.
// `STOWAGE_NODES='22 24'` runs the unit tests on these versions of Node.js, too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };
const withNode = join(root, 'tools/with-node.mjs');
const jsonReporter = join(root, 'tools/json-reporter.mjs');
const packages = ['packages/core', 'packages/images', 'packages/cli'];
const nodes = (process.env.STOWAGE_NODES ?? '').split(/[ ,]+/).filter((node) => node !== '');
const output = (project, name) => join(root, project, `test-output/${name}.json`);
const results = [
  ...[...packages, 'tools'].map((project) => output(project, 'results')),
  ...['engine', 'rest', 'standalone'].map((part) => output('e2e', part)),
  ...nodes.flatMap((node) => packages.map((project) => output(project, `node-${node}`))),
];

/** Runs a program. @returns whether it succeeded */
async function run(program, ...args) {
  const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
  const [code] = await once(child, 'close');
  return code === 0;
}

function nx(...args) {
  return run('npx', 'nx', ...args);
}

/** The unit tests on other versions of Node.js, which come from the npm registry. */
async function testOtherNodes() {
  let ok = true;
  for (const node of nodes)
    for (const project of packages) {
      const report = `--outputFile.json=${output(project, `node-${node}`)}`;
      const vitest = ['npx', 'vitest', 'run', '--root', project];
      const reporters = ['--reporter=dot', `--reporter=${jsonReporter}`, report];
      ok = (await run('node', withNode, node, ...vitest, ...reporters)) && ok;
    }
  return ok;
}

for (const file of results) rmSync(file, { force: true });
const format = await run('npx', 'prettier', '--check', '.');
const checks = await nx('run-many', '-t', 'lint', 'typecheck', 'build', '--output-style=static');
const unit = await nx('run-many', '-t', 'test', '--output-style=stream', '--skip-nx-cache');
// The e2e tests mostly wait, so the tests on other versions of Node.js run beside them.
const [e2e, others] = await Promise.all([
  nx('run-many', '-t', 'e2e', '--output-style=stream', '--skip-nx-cache'),
  testOtherNodes(),
]);

const count = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
/** Says once more at the end, where it is found, what failed. */
const failed = (what, message) => console.error(`failed: ${what}: ${firstLines(message)}`);
for (const file of results) {
  const suite = read(file);
  if (!suite) {
    count.failed++;
    failed(relative(root, file), 'no results, its suite did not run');
    continue;
  }
  for (const error of suite.unhandled) {
    count.failed++;
    failed(`${relative(root, file)}, outside of tests`, error);
  }
  count.passed += suite.numPassedTests;
  count.failed += suite.numFailedTests;
  for (const { assertionResults, status, name, message } of suite.testResults) {
    // A file that fails before its first test has no failed test to count.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      count.failed++;
      failed(relative(root, name), message);
    }
    for (const test of assertionResults) {
      if (test.status === 'pending' || test.status === 'skipped' || test.status === 'todo')
        skipped.push(test.fullName);
      if (test.status === 'failed')
        failed(`${relative(root, file)}: ${test.fullName}`, test.failureMessages.join('\n'));
    }
  }
}
count.skipped = skipped.length;

if (skipped.length > 0)
  console.log(`\nNot run on this machine:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
if (nodes.length === 0)
  console.log(
    `\nRun only on Node.js ${process.versions.node}; STOWAGE_NODES='22 24 26' adds others.`,
  );
for (const [what, ok] of Object.entries({
  'formatting (npm run format)': format,
  'lint, typecheck or build': checks,
  'unit tests': unit,
  'end-to-end tests': e2e,
  'unit tests on other versions of Node.js': others,
})) {
  if (!ok) console.error(`failed: ${what}`);
}
const ran = count.passed + count.failed > 0;
if (!ran) console.error('no test ran');
console.log(
  `\n${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`,
);
process.exitCode = format && checks && unit && e2e && others && ran && count.failed === 0 ? 0 : 1;

/** At most five lines, which say more than a stack does. */
function firstLines(message) {
  return message.split('\n').slice(0, 5).join('\n  ');
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
