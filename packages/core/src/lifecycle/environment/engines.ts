import type { Engine } from '../../engine/engine.js';
import { ifReadable, ImageError } from '../../errors.js';
import { option, wording } from '../../wording.js';
import { openEngine, type Workspace } from '../workspace/workspace.js';
import { bad, failed, good, type EnvironmentCheck, type EnvironmentOptions } from './check.js';

type Kind = NonNullable<EnvironmentOptions['engine']>;

/** The engines that `auto` asks, in its order. */
const ASKED: readonly Kind[] = ['docker', 'podman', 'containerd'];

/**
 * The engine of the options or of the settings; with `auto` all that it would ask, and which one it takes. No engine is a
 * problem only where one is named, since archives need none.
 */
export async function checkEngines(
  workspace: Workspace,
  options: EnvironmentOptions,
): Promise<readonly EnvironmentCheck[]> {
  const wanted = options.engine ?? workspace.settings.engine;
  if (wanted !== 'auto') {
    const answer = await ask(workspace, { ...options, engine: wanted });
    return [
      'error' in answer
        ? failed({ name: 'engine', subject: wanted, state: 'problem' }, answer.error, START)
        : describe(answer, answer),
    ];
  }
  // A given address is docker's.
  const hasHost = (options.host ?? workspace.settings.host) !== undefined;
  const answers = await Promise.all(
    (hasHost ? ASKED.slice(0, 1) : ASKED).map((engine) => ask(workspace, { ...options, engine })),
  );
  const used = answers.find((each) => !('error' in each));
  if (used) return answers.map((each) => describe(each, used));
  const state = hasHost ? 'problem' : 'warning';
  return answers.flatMap((each) =>
    'error' in each
      ? [bad({ name: 'engine', subject: each.kind, state }, reasonOf(each.error), START)]
      : [],
  );
}

const START = wording`Start one, give its address with ${option('host')}, or do without: ${option('engine', 'embedded')} keeps images without running them.`;

type Answer =
  | { readonly location: string; readonly version: string }
  | { readonly kind: Kind; readonly error: ImageError };

async function ask(
  workspace: Workspace,
  options: EnvironmentOptions & { readonly engine: Kind },
): Promise<Answer> {
  try {
    await using engine = await openEngine(workspace, options);
    return { location: engine.location, version: await versionOf(engine, options) };
  } catch (error) {
    if (error instanceof ImageError) return { kind: options.engine, error };
    throw error;
  }
}

/** An engine that answers is one, even if it does not tell its version. */
async function versionOf(engine: Engine, { signal }: EnvironmentOptions): Promise<string> {
  const version = await ifReadable(async () => engine.version?.({ signal }));
  return version ?? 'answers';
}

function describe(answer: Answer, used: Answer): EnvironmentCheck {
  if ('error' in answer)
    return good({ name: 'engine', subject: answer.kind }, `not needed: ${reasonOf(answer.error)}`);
  const about = { name: 'engine', subject: answer.location } as const;
  if (answer !== used) return good(about, `${answer.version}; not used`);
  return { ...good(about, `${answer.version}; used`), used: true };
}

/** The reason why an engine does not answer, with its addresses. */
function reasonOf({ cause, message }: ImageError): string {
  return cause instanceof Error ? cause.message : message;
}
