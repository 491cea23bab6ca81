import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './run.js';

/** Built programs, kept between runs; ignored by git. */
const FOLDER = join(import.meta.dirname, '../.peers');

const TOOLS = {
  act: 'github.com/nektos/act@v0.2.89',
  crane: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
  crictl: 'sigs.k8s.io/cri-tools/cmd/crictl@v1.37.0',
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  registry: 'github.com/distribution/distribution/v3/cmd/registry@v3.1.2',
  regctl: 'github.com/regclient/regclient/cmd/regctl@v0.11.7',
};

/** Builds a program with Go from the module proxy, unless it is built already. @returns its path */
export async function goTool(name: keyof typeof TOOLS): Promise<string> {
  const path = join(FOLDER, name);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  const env = { GOBIN: FOLDER, GOFLAGS: '-modcacherw -buildvcs=false' };
  if (!isThere) await must('go', ['install', TOOLS[name]], { env });
  return path;
}
