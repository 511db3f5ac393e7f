import { type Fields, nameOf } from './json.ts'
import type { StartOrder } from './template-data.ts'

export const PROXY_CONTAINER = 'istio-proxy'
/** What prepares the network of a pod, in the order in which it runs. */
const PREPARATION: readonly string[] = ['istio-validation', 'istio-init', 'enable-core-dump']

export interface ContainerLists {
  readonly initContainers: readonly Fields[]
  readonly containers: readonly Fields[]
}

/**
 * Nobody starts without a network. Native: connections are redirected, the proxy starts, then come the init containers of the
 * application, behind the proxy. With a gate the proxy is the first container, and the next one waits for it. Without a native proxy
 * the init containers of the application run first and use the network as it is, since there is no proxy yet.
 */
export function orderContainers({ initContainers, containers }: ContainerLists, { native, gate }: StartOrder): ContainerLists {
  const first = native ? [...PREPARATION, PROXY_CONTAINER] : []
  const isPreparation = (item: Fields): boolean => PREPARATION.includes(nameOf(item))
  const inits = native
    ? [...named(initContainers, first), ...initContainers.filter(item => !first.includes(nameOf(item)))]
    : [...initContainers.filter(item => !isPreparation(item)), ...named(initContainers, PREPARATION)]
  const proxy = named(containers, [PROXY_CONTAINER])
  const others = containers.filter(item => nameOf(item) !== PROXY_CONTAINER)
  return { initContainers: inits, containers: gate ? [...proxy, ...others] : [...others, ...proxy] }
}

function named(items: readonly Fields[], names: readonly string[]): readonly Fields[] {
  return names.flatMap(name => items.filter(item => nameOf(item) === name))
}
