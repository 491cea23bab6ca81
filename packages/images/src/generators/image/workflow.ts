import { arch } from 'node:os';
import { joinPathFragments, type Tree } from '@nx/devkit';
import {
  completeWorkflow,
  DEFINITION_FILE,
  definitionFor,
  ImageError,
  nameFor,
  parseSettings,
  parseWorkflow,
  requirementsOf,
  SETTINGS_FILE,
  type Requirements,
} from '@stowage/core/definition';
import { stringify } from 'yaml';
import { log } from '../../log.js';
import { schemaLine } from '../schema-line.js';

/** The project that images belong to. */
export interface Owner {
  readonly owner: string;
  readonly ownerRoot: string;
  /** First part of image names: the last segment of the owner's name. */
  readonly project: string;
}

/** Definitions for the jobs of a workflow, by path; jobs with equal image names share one that has the packages of all. */
export function workflowFiles(
  tree: Tree,
  { ownerRoot, project }: Owner,
  path: string,
): Record<string, string> {
  const text = tree.read(path, 'utf8');
  if (text === null) throw new ImageError('NOT_FOUND', `${path}: no such workflow`);
  const settings = parseSettings({
    text: tree.read(SETTINGS_FILE, 'utf8') ?? '',
    path: SETTINGS_FILE,
  });
  const readFile = (file: string) => tree.read(file, 'utf8') ?? undefined;
  const { jobs, skipped, notFollowed } = completeWorkflow(
    parseWorkflow({ text, path }, { ...settings, readFile }),
    (required) => requirementsOf({ ...required, project }, { project, architecture: arch() }),
  );
  for (const { job, reason } of skipped) log.info(`${job}: no image: ${reason}`);
  if (notFollowed.length > 0)
    log.info(`actions that are not in this repository are not read: ${notFollowed.join(', ')}`);
  const wanted = new Map<string, Requirements>();
  for (const { requirements } of jobs) {
    const name = nameFor(requirements);
    const { packages = [], tools = [] } = wanted.get(name) ?? {};
    wanted.set(name, {
      ...requirements,
      packages: [...new Set([...packages, ...requirements.packages])],
      tools: [...new Set([...tools, ...requirements.tools])],
    });
  }
  if (wanted.size === 0) throw new ImageError('NOT_FOUND', `${path}: no job needs an image`);
  return Object.fromEntries(
    [...wanted].map(([name, requirements]) => {
      const { os, variant, base, compilers, packages, tools } = definitionFor(requirements);
      // Empty lists are left out.
      const lists = Object.entries({ compilers, packages, tools }).filter(
        ([, list]) => list?.length,
      );
      const definition = { project, os, variant, base, ...Object.fromEntries(lists) };
      const file = joinPathFragments(ownerRoot, 'images', `${os}-${variant}`, DEFINITION_FILE);
      return [file, `${headOf(file, name).join('\n')}\n${stringify(definition)}`];
    }),
  );
}

/** The first comments of a definition: the schema for editors, and how to build its image. */
export function headOf(file: string, name: string): string[] {
  return [
    schemaLine(file, 'image'),
    `# ${name}: how this image is made. nx run ${name}:image-load builds, saves and loads it.`,
  ];
}
