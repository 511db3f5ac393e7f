import type { AttributeBag } from '@meshwork/core/attributes'

/** The namespace whose rules apply to a request besides the root namespace's; empty if it cannot be told (mixer.md 3.3). */
export function identityNamespace(bag: AttributeBag): string {
  const kind = bag.get('context.reporter.kind') ?? 'inbound'
  const attribute = kind === 'outbound' ? 'source.namespace' : kind === 'inbound' ? 'destination.namespace' : undefined
  const namespace = attribute === undefined ? undefined : bag.get(attribute)
  return typeof namespace === 'string' ? namespace : ''
}
