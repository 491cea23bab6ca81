import { html, type Html } from '../../page/html.js';
import { repositoryPath } from './paths.js';

interface Branch {
  /** The part of the names that all below it have in common. */
  readonly path: string;
  readonly branches: Map<string, Branch>;
  isRepository: boolean;
}

/** Repositories as a tree by the parts of their names; each part with several repositories can be closed. */
export function repositoryTree(names: readonly string[]): Html | undefined {
  if (names.length === 0) return undefined;
  const root: Branch = { path: '', branches: new Map(), isRepository: false };
  for (const name of names) {
    let branch = root;
    for (const part of name.split('/')) {
      const path = branch.path === '' ? part : `${branch.path}/${part}`;
      const next = branch.branches.get(part) ?? { path, branches: new Map(), isRepository: false };
      branch.branches.set(part, next);
      branch = next;
    }
    branch.isRepository = true;
  }
  return html`<ul class="tree">
    ${itemsOf(root)}
  </ul>`;
}

/** A repository is named whole, so a link says where it leads. */
function itemsOf({ branches }: Branch): readonly Html[] {
  return [...branches.values()].map((branch) => {
    const { path, isRepository, branches: below } = branch;
    const link = isRepository ? html`<a href="${repositoryPath(path)}">${path}</a>` : undefined;
    if (below.size === 0) return html`<li>${link}</li>`;
    return html`${link && html`<li>${link}</li>`}
      <li>
        <details open>
          <summary>${path}/ <span class="soft">${countBelow(branch)}</span></summary>
          <ul>
            ${itemsOf(branch)}
          </ul>
        </details>
      </li>`;
  });
}

function countBelow({ branches }: Branch): number {
  return [...branches.values()].reduce(
    (sum, each) => sum + Number(each.isRepository) + countBelow(each),
    0,
  );
}
