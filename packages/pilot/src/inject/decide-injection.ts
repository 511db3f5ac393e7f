import { fieldsOf, textsOf, type Fields } from './json.ts'
import { isEmptySelector, selectorText, selectsLabels } from './label-selector.ts'

/** Whether a pod gets a proxy, and why, in words for whoever wonders. */
export interface Decision {
  readonly inject: boolean
  readonly reason: string
}

/** What the injector's configuration says about who gets a proxy. */
export interface InjectionPolicy {
  /** `enabled`: who does not refuse; `disabled`: who asks for it. Anything else: nobody. */
  readonly policy: string
  /** Kubernetes' label selectors; only asked for pods that say nothing themselves. Never wins over always. */
  readonly neverInjectSelector: readonly Fields[]
  readonly alwaysInjectSelector: readonly Fields[]
}

export const INJECT_KEY = 'sidecar.istio.io/inject'
export const REVISION_KEY = 'istio.io/rev'
/** Istio of today also has kube-node-lease, which has no pods. */
const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease'])
/** Of YAML 1.1, as Istio has read them since 1.0. */
const YES: ReadonlySet<string> = new Set(['y', 'yes', 'true', 'on'])

/**
 * In the order of Istio: hostNetwork, namespaces of the system, an unusable policy, what the pod says (its label wins over its
 * annotation), the selectors, the policy.
 */
export function decideInjection(pod: Fields, namespace: string, config: InjectionPolicy): Decision {
  if (fieldsOf(pod['spec'])['hostNetwork'] === true) return no('it is in the network of the host (hostNetwork)')
  if (SYSTEM_NAMESPACES.has(namespace)) return no(`namespace ${namespace} belongs to Kubernetes`)
  if (config.policy !== 'enabled' && config.policy !== 'disabled')
    return no(`the policy of the injector is '${config.policy}', not enabled or disabled`)
  const metadata = fieldsOf(pod['metadata'])
  const labels = textsOf(metadata['labels'])
  const own = wishOf('label', labels[INJECT_KEY]) ?? wishOf('annotation', textsOf(metadata['annotations'])[INJECT_KEY])
  return own ?? bySelector(labels, config) ?? byPolicy(config.policy)
}

/** Undefined: the pod says nothing. */
function wishOf(where: string, value: string | undefined): Decision | undefined {
  if (value === undefined || value === '') return undefined
  const reason = `${where} ${INJECT_KEY} is '${value}'`
  return YES.has(value.toLowerCase()) ? yes(reason) : no(reason)
}

function bySelector(labels: Readonly<Record<string, string>>, config: InjectionPolicy): Decision | undefined {
  const found = (list: readonly Fields[]): Fields | undefined =>
    list.find(selector => !isEmptySelector(selector) && selectsLabels(selector, labels))
  const never = found(config.neverInjectSelector)
  if (never !== undefined) return no(`neverInjectSelector of the injector selects it (${selectorText(never)})`)
  const always = found(config.alwaysInjectSelector)
  return always === undefined ? undefined : yes(`alwaysInjectSelector of the injector selects it (${selectorText(always)})`)
}

function byPolicy(policy: string): Decision {
  if (policy === 'enabled') return yes('the policy of the injector is enabled')
  return no(`the policy of the injector is disabled, and the pod does not ask with label ${INJECT_KEY}: "true"`)
}

function yes(reason: string): Decision {
  return { inject: true, reason }
}

function no(reason: string): Decision {
  return { inject: false, reason }
}
