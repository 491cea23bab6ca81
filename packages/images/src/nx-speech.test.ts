import { say, type NamedOption, type NamedVerb } from '@stowage/core/definition';
import { expect, it } from 'vitest';
import { nxSpeech } from './nx-speech.js';

const verb = (name: NamedVerb['verb'], ...options: readonly NamedOption[]): NamedVerb => ({
  verb: name,
  options,
});

it.each([
  [verb('save'), '`nx run <project>:image-save`'],
  [verb('prune', { option: 'dryRun' }), '`nx run <project>:image-prune --dry-run`'],
  [verb('copyImages', { option: 'split', value: '1GB' }), '`stowage copy --split 1GB`'],
  [verb('updateBase'), '`stowage build --update-base`'],
])('a verb of core is named as its target, or its command: %#', (named, expected) => {
  expect(say(['Run ', named, '.'], nxSpeech)).toBe(`Run ${expected}.`);
});
