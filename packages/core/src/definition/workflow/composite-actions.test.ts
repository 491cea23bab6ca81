import { describe, expect, it } from 'vitest';
import { inputsOfActions } from './composite-actions.js';
import { workflowFiles } from './workflow-file.js';

/** An action with inputs and steps, as YAML. */
const action = (inputs: object, steps: readonly object[] = [], using = 'composite') =>
  JSON.stringify({ inputs, runs: { using, steps } });

function read(steps: unknown, files: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const readFile = (path: string) => {
    asked.push(path);
    return files[path];
  };
  return {
    found: inputsOfActions(steps, {
      contexts: { matrix: { cc: 'gcc-14' } },
      files: workflowFiles(readFile),
      notFollowed: new Set(),
    }),
    asked,
  };
}

const SETUP = { uses: './setup' };

describe('the inputs of composite actions', () => {
  it('are those that say what a job needs, given or by default', () => {
    const files = {
      'setup/action.yml': action({
        compiler: { default: 'gcc-13' },
        packages: { default: 'git' },
        other: { default: 'x' },
      }),
    };
    const steps = [{ ...SETUP, with: { compiler: '${{ matrix.cc }}', other: 'y' } }];
    expect(read(steps, files).found).toEqual({ compiler: 'gcc-14', packages: 'git' });
  });

  it('are found through other actions, with the first value of each', () => {
    const files = {
      'setup/action.yaml': action({ v: { default: '9' } }, [
        { uses: './inner', with: { compiler: 'gcc-${{ inputs.v }}' } },
      ]),
      'inner/action.yml': action({ compiler: {} }),
    };
    expect(read([SETUP, { uses: './inner', with: { compiler: 'gcc-1' } }], files).found).toEqual({
      compiler: 'gcc-9',
    });
  });

  it('that are not known say nothing', () => {
    const files = { 'setup/action.yml': action({ compiler: {} }) };
    expect(read([{ ...SETUP, with: { compiler: '${{ env.CC }}' } }], files).found).toEqual({});
  });

  it.each([
    ['no steps', undefined, {}],
    ['an action of another repository', [{ uses: 'a/b@v1', with: { compiler: 'gcc-13' } }], {}],
    ['no such action', [SETUP], {}],
    ['a step that is none', ['x', null], {}],
    [
      'an action in JavaScript',
      [SETUP],
      { 'setup/action.yml': action({ cc: { default: 'gcc' } }, [], 'node20') },
    ],
    ['an action that cannot be read', [SETUP], { 'setup/action.yml': 'a: [' }],
  ])('are none for %s', (_what, steps, files) => {
    expect(read(steps, files).found).toEqual({});
  });

  it('are read once where actions use each other', () => {
    const files = { 'setup/action.yml': action({ cc: { default: 'gcc-13' } }, [SETUP, SETUP]) };
    expect(read([SETUP], files)).toMatchObject({
      found: { cc: 'gcc-13' },
      asked: ['setup/action.yml'],
    });
  });

  it('are none where no file can be read', () => {
    expect(inputsOfActions([SETUP], { contexts: {}, notFollowed: new Set() })).toEqual({});
  });
});
