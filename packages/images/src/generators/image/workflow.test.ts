import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { headOf, workflowFiles } from './workflow.js';

const OWNER = { owner: '@org/app', ownerRoot: 'apps/app', project: 'app' };

function filesOf(workflow: object | undefined, settings = '') {
  const tree = createTreeWithEmptyWorkspace();
  if (workflow) tree.write('ci.yml', JSON.stringify(workflow));
  tree.write('stowage.yaml', settings);
  return workflowFiles(tree, OWNER, 'ci.yml');
}
const job = (matrix: object) => ({ 'runs-on': 'ubuntu-24.04', strategy: { matrix } });

describe('the definitions of a workflow', () => {
  it('are one for each image, with the packages of all its jobs', () => {
    const files = filesOf({
      jobs: {
        a: job({ compiler: ['gcc-14'], packages: ['git'] }),
        b: job({ compiler: ['gcc-14'], packages: ['cmake git'] }),
        c: job({ compiler: ['clang-18'] }),
      },
    });
    expect(Object.keys(files)).toEqual([
      'apps/app/images/ubuntu-24.04-gcc14/image.yaml',
      'apps/app/images/ubuntu-24.04-clang18/image.yaml',
    ]);
    const [[file = '', text = ''] = []] = Object.entries(files);
    expect(text.startsWith(headOf(file, 'app-ubuntu-24.04-gcc14').join('\n'))).toBe(true);
    expect(parse(text)).toMatchObject({
      project: 'app',
      base: 'ubuntu:24.04',
      packages: ['git', 'cmake'],
    });
    expect(parse(text)).not.toHaveProperty('tools');
  });

  it('know the runners of the settings', () => {
    const files = filesOf({ jobs: { a: { 'runs-on': 'big' } } }, 'runners: { big: debian-12 }\n');
    expect(Object.keys(files)[0]).toContain('debian-12');
  });

  it('that are none, or no workflow, are NOT_FOUND', () => {
    const code = expect.objectContaining({ code: 'NOT_FOUND' }) as Error;
    expect(() => filesOf({ jobs: { a: { 'runs-on': 'windows-latest' } } })).toThrow(code);
    expect(() => filesOf(undefined)).toThrow(code);
  });
});
