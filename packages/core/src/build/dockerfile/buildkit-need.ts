import type { BuildArguments } from './images.js';
import { instructionsOf, type Instruction } from './instructions.js';

/** An instruction that older builders refuse or, worse, understand in another way. */
export interface BuildKitNeed {
  readonly line: number;
  /** `RUN with a here-document`, `COPY --link`, `$TARGETARCH`. */
  readonly what: string;
}

/** Flags that only BuildKit and newer versions of buildah have. */
const FLAGS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['RUN', new Set(['mount', 'network', 'security', 'device'])],
  ['COPY', new Set(['link', 'chmod', 'exclude', 'parents'])],
  ['ADD', new Set(['link', 'chmod', 'exclude', 'checksum', 'keep-git-dir', 'unpack'])],
]);
/** Arguments that BuildKit sets itself (Dockerfile reference, Automatic platform ARGs). */
const AUTOMATIC = /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$/;

/** The first here-document of a Dockerfile. */
export function firstDocument(text: string): BuildKitNeed | undefined {
  for (const each of instructionsOf(text)) if (each.hasDocument) return documentIn(each);
  return undefined;
}

/**
 * The first part of a Dockerfile that the classic builder does not know: it refuses a flag at that step, takes the text of a
 * here-document for instructions or leaves it out, and gives an automatic argument no value.
 *
 * @param args values of `ARG`.
 */
export function firstBuildKitNeed(text: string, args: BuildArguments): BuildKitNeed | undefined {
  const known = new Set(Object.keys(args));
  /** Declared in this stage, without a value. */
  let declared = new Set<string>();
  let isGlobal = true;
  for (const each of instructionsOf(text)) {
    const { instruction, rest, line } = withoutTrigger(each);
    if (each.hasDocument) return documentIn(each);
    const flags = FLAGS.get(instruction);
    for (const flag of flagsOf(rest))
      if (flags?.has(flag)) return { line, what: `${instruction} --${flag}` };
    if (instruction === 'FROM') {
      isGlobal = false;
      declared = new Set();
    }
    for (const name of plainVariables(rest))
      if (AUTOMATIC.test(name) && !known.has(name))
        if (instruction === 'FROM' || declared.has(name)) return { line, what: `$${name}` };
    if (instruction === 'ARG')
      for (const [, name = '', value] of rest.matchAll(/(?:^|\s)(\w+)(=)?/g)) {
        if (value !== undefined && isGlobal) known.add(name);
        if (value === undefined) declared.add(name);
        else declared.delete(name);
      }
  }
  return undefined;
}

function documentIn({ instruction, line }: Instruction): BuildKitNeed {
  return { line, what: `${instruction} with a here-document` };
}

/** `ONBUILD RUN …` as `RUN …`. */
function withoutTrigger({ instruction, rest, line }: Instruction) {
  const [, word, more = ''] = (instruction === 'ONBUILD' && /^(\w+)\s*(.*)$/s.exec(rest)) || [];
  return word === undefined
    ? { instruction, rest, line }
    : { instruction: word.toUpperCase(), rest: more, line };
}

function flagsOf(rest: string): string[] {
  const flags: string[] = [];
  for (const word of rest.split(/\s+/)) {
    const flag = /^--([a-z-]+)(?:=|$)/.exec(word)?.[1];
    if (flag === undefined) break;
    flags.push(flag);
  }
  return flags;
}

/** Names in `$NAME` and `${NAME}`; not in `${NAME:-default}`. */
function plainVariables(text: string): string[] {
  return [...text.matchAll(/(?<!\\)\$(?:(\w+)|\{(\w+)\})/g)].map(([, a, b]) => a ?? b ?? '');
}
