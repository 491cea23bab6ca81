import { Command } from 'commander';
import { expect, it } from 'vitest';
import { requestOf, withJob, type JobOptions } from './job-options.js';

it('the options of a job become its request; some may be repeated', () => {
  const command = withJob(new Command('plan'));
  const words = '--os debian-12 --package a b --package c --tool act --feature asan --arch arm64';
  command.parse(words.split(' '), { from: 'user' });
  expect(requestOf(command.opts<JobOptions>())).toMatchObject({
    os: 'debian-12',
    packages: ['a', 'b', 'c'],
    tools: ['act'],
    features: ['asan'],
    arch: 'arm64',
  });
});
