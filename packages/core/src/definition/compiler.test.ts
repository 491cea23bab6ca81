import { expect, it } from 'vitest';
import { compilerOfWord, isCompiler, parseCompiler } from './compiler.js';

it.each([
  ['gcc15', { family: 'gcc', version: '15' }],
  ['gcc-15.1', { family: 'gcc', version: '15.1' }],
  ['GCC 15', { family: 'gcc', version: '15' }],
  ['gcc:15', { family: 'gcc', version: '15' }],
  ['g++-15', { family: 'gcc', version: '15' }],
  ['clang', { family: 'clang' }],
  ['jdk21', { family: 'openjdk', version: '21' }],
  ['', undefined],
  ['15', undefined],
  ['a b', undefined],
])('%j is parsed as %j', (text, expected) => {
  expect(parseCompiler(text)).toEqual(expected);
});

it.each(['x86', 'arm64', 'riscv64', 'i386', 'asan', 'base'])('%s is no compiler', (word) => {
  expect(compilerOfWord(word)).toBeUndefined();
});

it.each([
  ['gcc15', 'gcc', true],
  ['gcc15.2', 'gcc15', true],
  ['gcc15', 'gcc15.2', false],
  ['gcc150', 'gcc15', false],
  ['gcc', 'gcc15', false],
  ['clang15', 'gcc15', false],
])('%s satisfies %s: %s', (actual, wanted, expected) => {
  const [a, b] = [parseCompiler(actual), parseCompiler(wanted)];
  expect(a && b && isCompiler(a, b)).toBe(expected);
});
