import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requirementsOf } from '../requirements.js';
import { completeWorkflow, parseWorkflow } from './workflow.js';

/** Reads the jobs `caller` of a workflow that may call another with the jobs `called`. */
function read(caller: object, called: object) {
  const file = { text: JSON.stringify({ jobs: caller }), path: 'ci.yml' };
  const readFile = (path: string) =>
    path === 'x.yml' ? JSON.stringify({ jobs: called }) : undefined;
  const defaults = { project: 'app', architecture: 'amd64' };
  return completeWorkflow(parseWorkflow(file, { runners: {}, readFile }), (wanted) =>
    requirementsOf(wanted, defaults),
  );
}

describe('every job of a workflow', () => {
  const word = fc.constantFrom('gcc', 'clang-18', '12', 'gcc-latest', '${{ x }}', '', 'Ä', '~');
  const scalar = fc.oneof(
    word,
    fc.constantFrom('ubuntu-24.04', 'self-hosted', 'ARM64', 'windows-2025', '${{ matrix.os }}'),
    fc.constantFrom('debian:12', 'a b', './x.yml', './gone.yml', 'octo/x/y.yml@v1'),
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('name', 'version', 'group', 'labels', 'image', 'cc'), scalar),
  );
  const keys = ['os', 'compiler', 'version', 'cxx', 'config', 'packages', 'arch', 'variant'];
  const axes = fc.dictionary(
    fc.constantFrom(...keys),
    fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: (each) => JSON.stringify(each) }),
    { maxKeys: 2 },
  );
  const matrix = fc.oneof(axes, scalar, fc.record({ include: scalar, exclude: value }));
  const job = fc.record(
    {
      'runs-on': value,
      container: value,
      uses: scalar,
      steps: fc.array(fc.record({ uses: scalar })),
      strategy: fc.record({ matrix }),
    },
    { requiredKeys: [] },
  );
  const jobs = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.oneof(job, value), {
    minKeys: 1,
    maxKeys: 4,
  });

  it('and each combination of its matrix is planned, or skipped with a reason', () => {
    fc.assert(
      fc.property(jobs, jobs, (caller, called) => {
        const { jobs: planned, skipped } = read(caller, called);
        expect(skipped.every(({ reason }) => reason !== '')).toBe(true);
        const names = [...planned, ...skipped].map((each) => each.job);
        for (const [id, written] of Object.entries(caller)) {
          const own = names.filter((name) => /^[a-z]+/.exec(name)?.[0] === id);
          const legs = legsOf(written);
          expect(own.length).toBeGreaterThanOrEqual(legs);
          if (!isCall(written)) expect(own.length).toBe(legs);
        }
      }),
    );
  });

  /** Number of combinations of the lists of a generated matrix; 1 if they are not known. */
  function legsOf(written: unknown): number {
    const { strategy } = written as { strategy?: { matrix?: object | string } };
    const matrix = typeof strategy?.matrix === 'object' ? strategy.matrix : {};
    const lists: unknown[] = 'include' in matrix ? [] : Object.values(matrix);
    return lists.reduce<number>(
      (count, list) => (Array.isArray(list) ? count * list.length : count),
      1,
    );
  }

  function isCall(written: unknown): boolean {
    return (written as { uses?: string }).uses !== undefined;
  }
});
