import { ImageError } from '../../errors.js';
import { canonicalReference } from '../../oci/reference.js';
import { firstDistinct } from '../first-distinct.js';

/** An image that a list names. */
export interface ListedImage {
  /** The name as it stands in the list. */
  readonly image: string;
  /** The name, fully qualified. */
  readonly reference: string;
  /** The places that name it: a Kubernetes object (`Deployment/web`), a Compose service (`service/web`), or `FILE:LINE`. */
  readonly usedBy: readonly string[];
}

/** Something in a list that is wrong, or that is not read. */
interface Remark {
  readonly line: number;
  readonly text: string;
}

/** An error in a list often causes others. */
const MAX_PROBLEMS = 10;

/** Collects the content of one file: its images, the problems that make it invalid, and notices. */
export class ListContent {
  readonly #path: string;
  readonly #images = new Map<string, { readonly image: string; readonly usedBy: Set<string> }>();
  readonly #problems: Remark[] = [];
  readonly #notices: Remark[] = [];
  #hint: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Adds an image; a problem when its name is not a reference, a notice when only a run of a workflow knows it. @param usedBy `FILE:LINE` when omitted. */
  addImage(image: string, line: number, usedBy = `${this.#path}:${line}`): void {
    if (isKnownAtRunTime(image))
      return this.addNotice(
        line,
        `the image ${JSON.stringify(image)} is known at run time only: skipped`,
      );
    if (image.includes('{{')) return this.addTemplate(line);
    const reference = referenceOf(image);
    if (reference instanceof ImageError) {
      this.#hint ??= RENDER;
      return this.addProblem(line, `not the name of an image: ${reference.message}`);
    }
    const known = this.#images.get(reference) ?? { image, usedBy: new Set() };
    this.#images.set(reference, known);
    known.usedBy.add(usedBy);
  }

  addTemplate(line: number): void {
    this.#hint = RENDER;
    this.addProblem(line, 'a template with {{ … }}, which has to be rendered first');
  }

  addProblem(line: number, text: string, hint?: string): void {
    this.#problems.push({ line, text });
    this.#hint ??= hint;
  }

  /** Records that a part of the file is not read, and why. */
  addNotice(line: number, text: string): void {
    this.#notices.push({ line, text });
  }

  get images(): ListedImage[] {
    return [...this.#images].map(([reference, { image, usedBy }]) => ({
      image,
      reference,
      usedBy: [...usedBy],
    }));
  }

  get notices(): string[] {
    return this.#notices.map((each) => this.#say(each));
  }

  /** @throws ImageError INVALID with at most ten problems, each as `path:line: …` */
  requireValid(): void {
    if (this.#problems.length === 0) return;
    const { texts, rest } = firstDistinct(this.#problems, MAX_PROBLEMS, (each) => this.#say(each));
    const more = rest > 0 ? [`${this.#path}: and ${rest} more`] : [];
    throw new ImageError('INVALID', [...texts, ...more].join('\n'), {
      location: this.#path,
      ...(this.#hint === undefined ? {} : { hint: this.#hint }),
    });
  }

  #say({ line, text }: Remark): string {
    return `${this.#path}:${line}: ${text}`;
  }
}

/**
 * Variables of Argo Workflows and Tekton, which their controllers replace when a workflow runs. Templates of Helm begin with
 * a dot, a dollar sign or a function. (argo-workflows.readthedocs.io, Workflow Variables; tekton.dev, Variable Substitutions.)
 */
const RUN_TIME =
  /\{\{(?:=[^{}]*|\s*(?:workflow|cronworkflow|inputs|outputs|item|steps|tasks|node|pod|retries|lastRetry)(?:[.[][^{}]*|\s*))\}\}|\$\((?:params|inputs|context|tasks|steps|step|finally|results|workspaces)[.[][^()]*\)/g;

/** Whether a text has variables of a workflow, and no template besides. */
function isKnownAtRunTime(text: string): boolean {
  const rest = text.replace(RUN_TIME, '');
  return rest !== text && !rest.includes('{{');
}

const RENDER = 'Render a template first, for example with helm template or kustomize build.';

function referenceOf(image: string): string | ImageError {
  try {
    return canonicalReference(image);
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}
