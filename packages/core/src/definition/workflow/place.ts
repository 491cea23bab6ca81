import { isObject } from '../../oci/json.js';
import { isReference } from '../../oci/reference.js';
import { isKnownOs, osOfImage } from '../distributions.js';
import { normalizeOs, parseName } from '../name.js';
import type { RequirementsYaml } from '../requirements.js';
import { isUnknown } from './expressions.js';

/** The runner or the container of a job. */
export interface JobPlace {
  /** `runs-on` of the job. */
  readonly runsOn: unknown;
  /** Image of `container:`. */
  readonly container: string | undefined;
  /** Operating system of each label. */
  readonly runners: Readonly<Record<string, string>>;
  /** Operating system for jobs that name none. */
  readonly os?: string | undefined;
}

export interface Place {
  /** The label that names the operating system, else the first that is not general. */
  readonly runner: string | null;
  readonly requirements: Pick<RequirementsYaml, 'project' | 'os' | 'variant' | 'arch'>;
}

/** Labels of self-hosted runners that name a processor. */
const ARCHITECTURES: ReadonlySet<string> = new Set(
  'x64 x86_64 amd64 x86 arm arm64 aarch64 riscv64 ppc64le s390x'.split(' '),
);
/** Labels that every self-hosted runner on Linux has. */
const GENERAL: ReadonlySet<string> = new Set(['self-hosted', 'linux']);

/**
 * The image that a job runs in and its architecture: those of its container, else of its runner.
 *
 * @returns the reason why they are not known, instead
 */
export function placeOf({ runsOn, container, runners, os }: JobPlace): Place | string {
  const runner = runnerOf(runsOn, runners);
  const { arch, label = null } = runner;
  const found = container === undefined ? runner.os : imageOf(container);
  const place = typeof found === 'object' ? found : os === undefined ? undefined : { os };
  if (place)
    return {
      runner: label,
      requirements: { ...place, ...(arch === undefined ? {} : { arch }) },
    };
  return typeof found === 'string' ? found : runner.reason;
}

/** The requirements that a container's image tells; else the reason why it tells none. */
function imageOf(container: string): Place['requirements'] | string {
  if (isUnknown(container)) return `its container ${container} is not known before it runs`;
  if (!isReference(container)) return `its container ${container} is not the name of an image`;
  const image = container.slice(container.lastIndexOf('/') + 1).split(/[:@]/, 1)[0] ?? '';
  const parts = parseName(image);
  if (parts) return { project: parts.project, os: parts.os, variant: parts.variant };
  const os = osOfImage(container);
  return os === undefined
    ? `its container ${container} does not name its operating system`
    : { os };
}

interface Runner {
  readonly os: Place['requirements'] | undefined;
  readonly arch: string | undefined;
  readonly label: string | undefined;
  /** Why the operating system is not known. */
  readonly reason: string;
}

function runnerOf(runsOn: unknown, runners: JobPlace['runners']): Runner {
  const group = isObject(runsOn) ? runsOn['group'] : undefined;
  const labels = textsIn(isObject(runsOn) ? runsOn['labels'] : runsOn);
  const special = labels.filter((label) => !isGeneral(label));
  const systems = special.map((label) => ({ label, ...systemOf(label, runners) }));
  const system = systems.find(({ os }) => os !== undefined);
  return {
    os: system?.os === undefined ? undefined : { os: system.os },
    arch: system?.arch ?? labels.map(lower).find((label) => ARCHITECTURES.has(label)),
    label: system?.label ?? special[0] ?? labels[0],
    reason: reasonFor(special[0] ?? labels[0], group),
  };
}

function reasonFor(label: string | undefined, group: unknown): string {
  if (label === undefined)
    return typeof group === 'string'
      ? `it runs on the group ${group}, and only labels name an operating system`
      : 'it has no runs-on';
  if (isUnknown(label)) return `its runs-on ${label} is not known before it runs`;
  return `it runs on ${label}, which names no Linux image; map it to one with runners: in stowage.yaml`;
}

/** The operating system and architecture of a label; labels have no case. */
function systemOf(label: string, runners: JobPlace['runners']) {
  const known = Object.fromEntries(
    Object.entries(runners).map(([key, os]) => [lower(key), lower(os)]),
  );
  const whole = lower(label);
  const [, before] = /^(.+)-arm(?:64)?$/.exec(whole) ?? [];
  const os = normalizeOs(known[whole] ?? known[before ?? whole] ?? before ?? whole);
  return {
    os: isKnownOs(os) ? os : undefined,
    arch: before === undefined ? undefined : 'arm64',
  };
}

function isGeneral(label: string): boolean {
  return GENERAL.has(lower(label)) || ARCHITECTURES.has(lower(label));
}

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return typeof value === 'string' && value !== '' ? [value] : [];
}

function lower(text: string): string {
  return text.toLowerCase();
}
