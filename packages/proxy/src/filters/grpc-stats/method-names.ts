/** Which methods have statistics of their own; the rest share those of the cluster. */
export type MethodChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'all'; readonly replacesDots: boolean }
  /** `/service/method` of each. */
  | { readonly kind: 'listed'; readonly paths: ReadonlySet<string> }

export interface MethodName {
  readonly service: string
  readonly method: string
}

/**
 * Under which method a call is counted. `cluster`: together with others. null: not at all, as Envoy does with paths that name no
 * method.
 */
export function countedAs(choice: MethodChoice, path: string): MethodName | 'cluster' | null {
  const [, service = '', method = ''] = PATH.exec(path) ?? []
  if (service === '') return null
  if (choice.kind === 'none') return 'cluster'
  if (choice.kind === 'listed') return choice.paths.has(`/${service}/${method}`) ? { service, method } : 'cluster'
  return { service: choice.replacesDots ? service.replaceAll('.', '_') : service, method }
}

const PATH = /^\/([^/?]+)\/([^/?]+)(?:\?|$)/
