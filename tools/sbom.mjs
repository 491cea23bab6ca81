// Writes a software bill of materials (CycloneDX) of everything that users install with this version:
//   node tools/sbom.mjs FILE
// The built packages are packed and installed as a user would, so the list matches a real installation. The Nx plugin
// adds nothing: Nx belongs to the user's workspace. What is bundled in the files of a package is added.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundledIn } from './notices.mjs';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node tools/sbom.mjs FILE');
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'stowage-sbom-'));

/** Runs npm. @returns {string} its standard output */
function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

try {
  const workspaces = ['core', 'cli'].map((name) => `--workspace=packages/${name}`);
  npm(root, 'pack', '--silent', `--pack-destination=${folder}`, ...workspaces);
  const packed = readdirSync(folder).map((name) => join(folder, name));
  const { version, license } = JSON.parse(
    readFileSync(join(root, 'packages/cli/package.json'), 'utf8'),
  );
  const release = { name: 'stowage', version, license, private: true };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(release));
  npm(folder, 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...packed);
  const bill = JSON.parse(npm(folder, 'sbom', '--sbom-format=cyclonedx'));
  for (const component of bill.components) {
    // Our own packages were installed from local files: remove their paths, keep their hashes.
    const isLocal = ({ url }) => url.startsWith('file:');
    component.externalReferences = component.externalReferences.filter((each) => !isLocal(each));
  }
  const bundled = bundledIn(join(folder, 'node_modules/@stowage/core')).map(componentOf);
  const core = bill.dependencies.find(({ ref }) => ref.startsWith('@stowage/core@'));
  for (const component of bundled) {
    bill.components.push(component);
    bill.dependencies.push({ ref: component['bom-ref'], dependsOn: [] });
    core.dependsOn.push(component['bom-ref']);
  }
  writeFileSync(resolve(file), `${JSON.stringify(bill, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A package that is part of the files of another. */
function componentOf({ name, version, licence }) {
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    properties: [{ name: 'cdx:npm:package:bundled', value: 'true' }],
    licenses: [{ license: { id: licence } }],
  };
}
