import type { RequirementsYaml } from '../requirements.js';

/** A job of a workflow, one for each combination of its matrix. */
export interface WorkflowJob {
  /** Name that GitHub shows: `build (gcc, 15)`; for a job of a called workflow `tests / build (gcc, 15)`. */
  readonly job: string;
  /** The label of `runs-on` that names the operating system, else the first one. */
  readonly runner: string | null;
  /** Image of `container:`. */
  readonly container: string | null;
  readonly requirements: RequirementsYaml;
}

/** A job without an image. */
export interface SkippedJob {
  readonly job: string;
  readonly reason: string;
}

/** The jobs of a GitHub Actions workflow. */
export interface Workflow {
  readonly jobs: readonly WorkflowJob[];
  /** Jobs that need no image, or whose requirements are invalid or not known before they run. */
  readonly skipped: readonly SkippedJob[];
  /** The actions that `uses:` of steps names and that are not read, each once: those of other repositories, and those without a file. */
  readonly notFollowed: readonly string[];
}

/** Options for reading a workflow. */
export interface WorkflowOptions {
  /** ID of the only job to read; all when omitted. */
  readonly job?: string | undefined;
  /** Operating system of each label of `runs-on`: `{ 'ubuntu-latest': 'ubuntu-24.04' }`. */
  readonly runners: Readonly<Record<string, string>>;
  /** Operating system for jobs that name none. */
  readonly os?: string | undefined;
  /**
   * Reads a file of the repository: reusable workflows and composite actions that jobs use. The path is relative to its
   * root and has no `..`. Returns undefined if there is no such file. When omitted, jobs that call a workflow are skipped.
   */
  readonly readFile?: ((path: string) => string | undefined) | undefined;
}
