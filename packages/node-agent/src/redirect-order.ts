import { fieldsOf, itemsOf, type KubeDocument, textOf } from '@meshwork/kube/client'

/** A pod whose connections somebody else must redirect, because it may not do so itself. */
export interface RedirectOrder {
  readonly uid: string
  /** `namespace/name`, for messages. */
  readonly pod: string
  /** Of `meshwork-init`. */
  readonly flags: readonly string[]
}

/** The init container that waits until it sees that its pod is redirected; its arguments say how. */
const VALIDATION = 'istio-validation'
/** What it alone is told. */
const OF_VALIDATION: ReadonlySet<string> = new Set(['--run-validation', '--skip-rule-apply'])
const MOST_FLAGS = 100
const LONGEST_FLAG = 16_384

/** What is to be done for a pod, or null: it wants nothing, waits no more, or has the network of its node. */
export function redirectOrder(document: KubeDocument): RedirectOrder | null {
  const [metadata, spec, status] = [fieldsOf(document['metadata']), fieldsOf(document['spec']), fieldsOf(document['status'])]
  const uid = textOf(metadata['uid'])
  const waits = itemsOf(spec['initContainers']).map(fieldsOf).find(isValidation)
  // Rules for a pod with the node's network would be rules for the node.
  if (waits === undefined || uid === '' || spec['hostNetwork'] === true || hasPassed(status)) return null
  const args = itemsOf(waits['args']).map(textOf)
  if (args.length > MOST_FLAGS || args.some(arg => arg.length > LONGEST_FLAG)) return null
  const flags = [...args.filter(arg => !OF_VALIDATION.has(arg)), '--probe']
  return { uid, pod: `${textOf(metadata['namespace'])}/${textOf(metadata['name'])}`, flags }
}

function isValidation(container: KubeDocument): boolean {
  return container['name'] === VALIDATION
}

/** A pod whose network was made anew runs its init containers again, and so waits again. */
function hasPassed(status: KubeDocument): boolean {
  if (status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return true
  const own = itemsOf(status['initContainerStatuses']).map(fieldsOf).find(isValidation)
  return fieldsOf(fieldsOf(own?.['state'])['terminated'])['exitCode'] === 0
}
