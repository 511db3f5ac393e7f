import { COMPONENT_LABEL } from './ownership.ts'
import { keyOf, type KubeObject } from './kube-object.ts'
import { orderOf } from './resource-kinds.ts'

/** What is applied together, and waited for before the next step begins. */
export interface InstallStep {
  readonly component: string
  readonly objects: readonly KubeObject[]
}

/**
 * Who needs whom: injected pods wait for the agent of their node, pods of pilot for citadel's root, everybody else for pilot. What is not
 * named here comes last.
 */
const COMPONENTS = ['base', 'cni', 'citadel', 'pilot', 'mixer', 'gateways']
const REST = 'further objects'

/** By component in the order of need; within one, what is named before what names it. */
export function installSteps(objects: readonly KubeObject[]): readonly InstallStep[] {
  const byComponent = Map.groupBy(objects, ({ metadata }) => metadata.labels?.[COMPONENT_LABEL] ?? REST)
  const rank = (component: string): number => (COMPONENTS.includes(component) ? COMPONENTS.indexOf(component) : COMPONENTS.length)
  return [...byComponent]
    .toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([component, members]) => ({ component, objects: members.toSorted((a, b) => orderOf(keyOf(a)) - orderOf(keyOf(b))) }))
}
