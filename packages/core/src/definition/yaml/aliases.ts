import type { Document, Node } from 'yaml';
import { yaml } from '../libraries.js';

/** The node that an alias stands for; undefined for one without an anchor. Other nodes are returned as they are. */
export type AliasTargets = (node: unknown) => unknown;

/**
 * Returns a function that resolves the aliases of a document: each stands for the last node before it that has its anchor
 * (YAML 1.2.2 § 7.1). The document is walked once, for the first alias; the library would walk it for each.
 */
export function aliasTargets(document: Document): AliasTargets {
  let targets: ReadonlyMap<unknown, Node> | undefined;
  return (node) => {
    if (!yaml().isAlias(node)) return node;
    targets ??= findTargets(document);
    return targets.get(node);
  };
}

function findTargets(document: Document): ReadonlyMap<unknown, Node> {
  const { isAlias, visit } = yaml();
  const anchors = new Map<string, Node>();
  const targets = new Map<unknown, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
