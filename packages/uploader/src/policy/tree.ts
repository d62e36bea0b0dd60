import { type ByteName, byteNameFromText } from '../snapshot/names.ts';
import type { SnapshotSource } from '../snapshot/source.ts';
import { effectivePolicy, type TargetedPolicy } from './effective.ts';
import type { Policy } from './policy.ts';
import { pathBelow } from './target.ts';

/** The policies that hold at a directory of a snapshot and below it; plain data. */
export interface PolicyTree {
  readonly policy: Policy;
  /** Defined for this very directory, not inherited from the one above. */
  readonly isDefined: boolean;
  /** Only those children at or below which a policy is defined. */
  readonly children: ReadonlyMap<ByteName, PolicyTree>;
}

const NO_CHILDREN: ReadonlyMap<ByteName, PolicyTree> = new Map();

/** The policies for a snapshot of `source`: the effective one at its root; below, those defined for paths inside, each as it
 *  is, without merging those above (as kopia does: a nested policy that sets only retention turns compression off). */
export function policyTree(source: SnapshotSource, defined: readonly TargetedPolicy[]): PolicyTree {
  const nested = defined
    .filter(({ target }) => target.host === source.host && target.userName === source.userName)
    .flatMap(({ target, policy }) => {
      const path = pathBelow(source.path, target.path);
      return path === undefined ? [] : [{ path: path.split('/').map(byteNameFromText), policy }];
    });
  return growTree(effectivePolicy(source, defined).policy, true, nested);
}

/** The policies at and below the child `name`. */
export function childPolicyTree(tree: PolicyTree, name: ByteName): PolicyTree {
  const child = tree.children.get(name);
  if (child !== undefined) return child;
  if (!tree.isDefined && tree.children.size === 0) return tree;
  return { policy: tree.policy, isDefined: false, children: NO_CHILDREN };
}

interface NestedPolicy {
  readonly path: readonly ByteName[];
  readonly policy: Policy;
}

function growTree(policy: Policy, isDefined: boolean, nested: readonly NestedPolicy[]): PolicyTree {
  const byChild = Map.groupBy(nested, ({ path: [child] }) => child);
  const children = new Map<ByteName, PolicyTree>();
  for (const [child, below] of byChild) {
    if (child === undefined) continue;
    const deeper = below.map(({ path, policy: defined }) => ({ path: path.slice(1), policy: defined }));
    const own = deeper.find(({ path }) => path.length === 0)?.policy;
    const rest = deeper.filter(({ path }) => path.length > 0);
    children.set(child, growTree(own ?? policy, own !== undefined, rest));
  }
  return { policy, isDefined, children };
}
