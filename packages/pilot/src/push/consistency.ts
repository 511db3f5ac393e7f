import type { GeneratedView } from './generated-view.ts'

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
  const known = new Set(view.clusters.map(({ resource }) => resource.name))
  return view.routes.flatMap(({ resource }) =>
    [...(resource.refersTo ?? [])].filter(cluster => !known.has(cluster)).map(cluster => ({ from: `route ${resource.name}`, cluster })),
  )
}
