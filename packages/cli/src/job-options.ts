import { jobRequestOf, type JobRequest } from '@stowage/core';
import type { Command } from 'commander';
import { GROUPS } from './help/groups.js';
import type { CommonOptions } from './verb.js';

/** The options of a job; those that may be repeated are named in the singular. */
export interface JobOptions
  extends CommonOptions,
    Omit<JobRequest, 'architecture' | 'packages' | 'tools' | 'features'> {
  readonly package?: readonly string[];
  readonly tool?: readonly string[];
  readonly feature?: readonly string[];
}

/** Adds the options that describe the image a job needs. */
export function withJob(command: Command): Command {
  return command
    .option('--project <project>', "project of the image; the workspace folder's name when omitted")
    .option('--os <os>', 'ubuntu:25.04 or ubuntu-25.04')
    .option('--compiler <compiler>', 'gcc15, clang-20, gcc')
    .option('--package <name...>', 'a package that the job needs; may be repeated')
    .option('--workflow <file>', 'a GitHub Actions workflow whose jobs need images')
    .option('--job <id>', 'only this job of the workflow')
    .optionsGroup(GROUPS.further)
    .option('--arch <architecture>', "amd64, arm64, …; this machine's when omitted")
    .option('--variant <variant>', 'compiler and features in one: gcc15-asan')
    .option('--tool <name...>', 'a tool that the job needs; may be repeated')
    .option('--feature <name...>', 'asan, coverage, x86, …; an image must have exactly these')
    .option('--requirements <file>', 'a YAML or JSON file with project, os, arch, compiler, …')
    .optionsGroup('');
}

export function requestOf(options: JobOptions): JobRequest {
  const { package: packages, tool: tools, feature: features } = options;
  return jobRequestOf({ ...options, packages, tools, features });
}
