import { expect, it } from 'vitest';
import { ImageError } from './errors.js';
import * as core from './index.js';
import * as registry from './registry.js';
import {
  NAMED_OPTIONS,
  NAMED_VERBS,
  option,
  say,
  textField,
  verb,
  worded,
  wording,
  type NamedOption,
  type Speech,
} from './wording.js';

const advice = wording`Raise ${option('maxUsed', '5GB')}, or run ${verb('prune', option('dryRun'))}.`;
const shell: Speech = {
  option: ({ option: name, value }) => `/${name} ${value ?? 'on'}`,
  verb: ({ verb: name, options }) => [name, ...options.map(shell.option)].join(' '),
};

it('names options and verbs as the library does, unless a program names them', () => {
  expect(say(advice)).toBe('Raise the option `maxUsed: 5GB`, or run `prune({ dryRun: true })`.');
  expect(say(advice, shell)).toBe('Raise /maxUsed 5GB, or run prune /dryRun on.');
  expect(say(wording`${verb('list')}: ${1} of ${advice}`, shell)).toMatch(
    /^list: 1 of Raise \/max/,
  );
  expect(say('a text without names', shell)).toBe('a text without names');
});

it('an error has its texts in the words of the library, and as parts', () => {
  const message = wording`${option('split')}: expected a size, got x`;
  const error = new ImageError('USAGE', message, { hint: advice });
  expect(error).toMatchObject({
    message: 'the option `split`: expected a size, got x',
    hint: say(advice),
    wording: { message, hint: advice },
  });
  const named = error.wording.message.flatMap((part) => (typeof part === 'string' ? [] : [part]));
  expect(named).toEqual([{ option: 'split' }]);
});

it('untrusted text is never taken for a name', () => {
  const foreign = 'the option `split`, `prune()`';
  expect(say(wording`${foreign}: ${option('as')}`, shell)).toBe(`${foreign}: /as on`);
});

it('words the texts of a document, however deep, and drops their parts', () => {
  const decision = { kept: true, ...textField('reason', advice) };
  expect(decision.reason).toBe(say(advice));
  const document = { prune: { decisions: [decision, textField('reason', 'plain')] }, at: null };
  expect(worded(document, shell)).toEqual({
    prune: { decisions: [{ kept: true, reason: say(advice, shell) }, { reason: 'plain' }] },
    at: null,
  });
});

it('words only texts: other fields of that name stay', () => {
  for (const wording of [
    'free',
    { reason: 'free' },
    { other: [] },
    { reason: [{ option: 'x' }] },
  ]) {
    const document = { labels: { reason: 'as it is', wording } };
    expect(worded(document, shell)).toEqual(document);
  }
});

it('each verb that a text names is a function of the library', () => {
  const library: Readonly<Record<string, unknown>> = { ...core, ...registry };
  for (const name of NAMED_VERBS) expect(library[name]).toBeTypeOf('function');
});

/** The keys of each member of a union. */
type KeysOf<T> = T extends unknown ? keyof T : never;
/** All options of verbs; the compiler rejects a named option that is not among them. */
type Options =
  | core.BuildOptions
  | registry.CollectRegistryOptions
  | core.CopyImagesOptions
  | core.DoctorOptions
  | core.JobRequest
  | core.LoadOptions
  | core.PruneOptions
  | core.PullOptions
  | core.PushOptions
  | core.RegistryLoginOptions
  | registry.RemoveOptions
  | core.SaveOptions
  | registry.ScrubRegistryOptions
  | registry.ServeOptions
  | registry.SyncOptions
  | NonNullable<core.CopyImagesOptions['convert']>;

it('each option that a text names is an option of the library', () => {
  const named: readonly NamedOption['option'][] = NAMED_OPTIONS;
  const known: readonly KeysOf<Options>[] = named;
  expect(known).toEqual([...new Set(known)]);
});
