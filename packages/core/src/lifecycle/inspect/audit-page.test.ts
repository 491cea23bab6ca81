import { expect, it } from 'vitest';
import { createProblem } from '../../verify/problem.js';
import { auditPage } from './audit-page.js';
import type { VerifyResult } from './verify.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const result = (more: Partial<VerifyResult> = {}): VerifyResult => ({
  ...{ location: 'app.tar', ok: true, images: 1, bytes: 2048, problems: [], unreferenced: [] },
  ...more,
});
const problems = ['one', 'two'].map((message) => createProblem({ code: 'CORRUPT', message }));

it('says that all is well, and when it was verified', () => {
  const page = auditPage([result()], Date.parse('2026-02-03T04:05:06Z'));
  expect(page).toContain('Everything is as it should be');
  expect(page).toContain('2026-02-03 04:05:06');
  expect(page).not.toContain('Problems of');
});

it('counts the problems of all locations, and lists those of each', () => {
  const page = auditPage([result({ ok: false, problems }), result()], 0);
  expect(page).toContain('<h1>2 problems</h1>');
  expect(page.match(/<h2>Problems of app\.tar/g)).toHaveLength(1);
  for (const { message } of problems) expect(page).toContain(`<td>${message}</td>`);
});

it('lists the images of a manifest, with dashes where it does not know', () => {
  const image = { digest: DIGEST, size: 10, files: ['app.tar'] };
  const manifest = {
    manifestVersion: 1,
    ...{ tool: 'stowage 1', name: 'app.tar', files: [] },
    images: [
      { ...image, reference: 'r.example/app:1', created: '2026-01-01', source: 'build.tar' },
      { ...image, reference: null, created: null, source: null },
    ],
  } as const;
  const page = auditPage([result({ manifest })], 0);
  for (const text of ['r.example/app:1', '2026-01-01', 'build.tar', '(no name)', DIGEST])
    expect(page).toContain(text);
  expect(page.match(/<td>–<\/td>/g)).toHaveLength(2);
});

it('escapes text of others, and loads nothing', () => {
  const page = auditPage(
    [
      result({
        location: '<b>.tar',
        problems: [createProblem({ code: 'INVALID', message: '<i>' })],
      }),
    ],
    0,
  );
  expect(page).toContain('&lt;b&gt;.tar');
  expect(page).not.toMatch(/<b>|<i>|<script|<link/);
});
