import { printable } from '../printable.js';
import type { Surroundings } from '../surroundings.js';

/** An event as sections need it: `engine` for a line of an engine, `step` with the subject of the step. */
export interface SectionEvent {
  readonly type: string;
  readonly subject?: string;
}

/** Puts the output of an engine into collapsible sections of a CI system's log. The lines are for that system: print them unchanged. */
export interface EngineSections {
  /** The line to print before an event; undefined for none. */
  readonly before: (event: SectionEvent) => string | undefined;
  /** The line that ends the open section; undefined for none. */
  readonly end: () => string | undefined;
}

/** The sections of the CI system that runs this process, GitLab or GitHub; elsewhere there are none. */
export function engineSections(surroundings: Pick<Surroundings, 'env' | 'now'>): EngineSections {
  const sections = logSections(surroundings);
  let isOpen = false;
  let step = 'the engine';
  const end = () => {
    if (!isOpen) return undefined;
    isOpen = false;
    return sections?.end();
  };
  return {
    end,
    before: ({ type, subject }) => {
      if (type === 'step' && subject !== undefined) step = subject;
      if (type !== 'engine') return end();
      if (isOpen) return undefined;
      isOpen = true;
      return sections?.begin(`output of ${step}`);
    },
  };
}

/** The lines that begin and end a section. */
interface LogSections {
  readonly begin: (title: string) => string;
  readonly end: () => string;
}

function logSections({ env, now }: Pick<Surroundings, 'env' | 'now'>): LogSections | undefined {
  if (env['GITLAB_CI'] === 'true') return gitlabSections(now);
  if (env['GITHUB_ACTIONS'] !== 'true') return undefined;
  return {
    begin: (title) => `::group::${printable(title).replaceAll('%', '%25')}`,
    end: () => '::endgroup::',
  };
}

/** GitLab docs, "Custom collapsible sections": the name and the times are in both lines. */
function gitlabSections(now: () => number): LogSections {
  let count = 0;
  const marker = (what: string, more: string, text: string) =>
    `\x1b[0Ksection_${what}:${Math.floor(now() / 1000)}:stowage_${count}${more}\r\x1b[0K${text}`;
  return {
    begin: (title) => {
      count++;
      return marker('start', '[collapsed=true]', printable(title));
    },
    end: () => marker('end', '', ''),
  };
}
