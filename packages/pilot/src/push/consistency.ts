import { Remembered } from '../snapshot/remembered.ts'
import type { Generated, GeneratedView } from './generated-view.ts'

/** A name that a resource uses and nothing defines. */
export interface DanglingReference {
  /** `route 9080` */
  readonly from: string
  /** `outbound|9080|v9|reviews.default.svc.cluster.local` */
  readonly cluster: string
}

/**
 * References of routes to clusters that the view does not have. They are not an error of the control plane: a rule may
 * name a subset that nobody defined, and such requests are answered with 503. But whoever wrote it wants to know.
 */
export function danglingReferences(view: GeneratedView): readonly DanglingReference[] {
  return view.routes.flatMap(route => ofTable.get(route, '', [view.clusters], () => danglingIn(route, namesOf(view.clusters))))
}

const ofTable = new Remembered<readonly DanglingReference[]>()

function danglingIn({ resource }: Generated, known: ReadonlySet<string>): readonly DanglingReference[] {
  return [...(resource.refersTo ?? [])].filter(name => !known.has(name)).map(cluster => ({ from: `route ${resource.name}`, cluster }))
}

const names = new WeakMap<readonly Generated[], ReadonlySet<string>>()

/** Views of many namespaces have one list of clusters. */
function namesOf(clusters: readonly Generated[]): ReadonlySet<string> {
  let known = names.get(clusters)
  if (known === undefined) {
    known = new Set(clusters.map(({ resource }) => resource.name))
    names.set(clusters, known)
  }
  return known
}
