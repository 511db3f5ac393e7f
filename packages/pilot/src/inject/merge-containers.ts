import { type Fields, itemsOf, nameOf } from './json.ts'
import type { ContainerLists } from './order-containers.ts'
import { strategicMerge } from './strategic-merge.ts'

/** The pod's containers with those of the template. */
export interface MergedContainers extends ContainerLists {
  /** Containers of the pod that are in the template too, as the user wrote them. */
  readonly overrides: ContainerLists
  /** Names of what is there because of the template. */
  readonly injected: { readonly initContainers: readonly string[]; readonly containers: readonly string[] }
}

/** Means: the image of the template. */
const AUTO = 'auto'

/** What an API server fills in for an image without a tag before it asks us: nobody's wish for the image of the template. */
const POLICY_OF_NO_TAG = 'Always'

/**
 * A container that a pod has under a name of the template is the user's wish for that container: what it says wins. It is where the
 * template has it: a proxy that is an init container stays one.
 */
export function mergeContainers(spec: Fields, template: Fields): MergedContainers {
  const mine = { initContainers: itemsOf(template['initContainers']), containers: itemsOf(template['containers']) }
  const theirs = { initContainers: itemsOf(spec['initContainers']), containers: itemsOf(spec['containers']) }
  const names = new Set([...mine.initContainers, ...mine.containers].map(nameOf))
  const isWish = (item: Fields): boolean => names.has(nameOf(item))
  const wishes = new Map([...theirs.initContainers, ...theirs.containers].filter(isWish).map(item => [nameOf(item), item]))
  const merged = (list: 'initContainers' | 'containers'): readonly Fields[] => [
    ...theirs[list].filter(item => !isWish(item)),
    ...mine[list].map(item => withWish(item, wishes.get(nameOf(item)))),
  ]
  return {
    initContainers: merged('initContainers'),
    containers: merged('containers'),
    overrides: { initContainers: theirs.initContainers.filter(isWish), containers: theirs.containers.filter(isWish) },
    injected: { initContainers: mine.initContainers.map(nameOf), containers: mine.containers.map(nameOf) },
  }
}

function withWish(container: Fields, wish: Fields | undefined): Fields {
  if (wish === undefined) return container
  const { image, ...rest } = wish
  if (image !== undefined && image !== AUTO) return strategicMerge(container, wish)
  const { imagePullPolicy, ...others } = rest
  return strategicMerge(container, imagePullPolicy === POLICY_OF_NO_TAG ? others : rest)
}
