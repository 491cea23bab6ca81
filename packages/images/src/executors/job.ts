import type { JobRequest } from '@stowage/core';

/** The image that a job needs, described by options of a target. */
export interface JobExecutorOptions {
  readonly project?: string;
  readonly os?: string;
  readonly arch?: string;
  readonly compiler?: string;
  readonly variant?: string;
  readonly packages?: readonly string[];
  readonly tools?: readonly string[];
  readonly features?: readonly string[];
  readonly requirements?: string;
  readonly workflow?: string;
  readonly job?: string;
}

export function requestOf({
  project,
  os,
  arch,
  compiler,
  variant,
  packages = [],
  tools = [],
  features = [],
  requirements,
  workflow,
  job,
}: JobExecutorOptions): JobRequest {
  const given = { project, os, arch, compiler, variant };
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries), packages, tools, features, requirements, workflow, job };
}
