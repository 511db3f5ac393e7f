import { fieldsOf, type KubeDocument, textOf } from '@meshwork/kube/client'
import type { PodView, SidecarView } from './cluster-view.ts'
import { hasCondition, type Item, listOf, metadataOf, nameOf, numberOf, textsOf } from './read-objects.ts'

const SIDECAR = 'istio-proxy'

/** What checks need to know of a pod. */
export function podOf({ body }: Item): PodView {
  const spec = fieldsOf(body['spec'])
  const status = fieldsOf(body['status'])
  const containers = listOf(spec['containers'])
  const states = [...listOf(status['initContainerStatuses']), ...listOf(status['containerStatuses'])]
  return {
    name: nameOf(body),
    namespace: textOf(metadataOf(body)['namespace']),
    labels: textsOf(metadataOf(body)['labels']),
    phase: textOf(status['phase']),
    isReady: hasCondition(status, 'Ready'),
    waiting: [...states.flatMap(waitingReason), ...unplaced(status)],
    restarts: Math.max(0, ...states.map(state => numberOf(state['restartCount']))),
    isHostNetwork: spec['hostNetwork'] === true,
    ownerKind: textOf(listOf(metadataOf(body)['ownerReferences'])[0]?.['kind']),
    sidecar: sidecarOf(containers, listOf(spec['initContainers']), states),
    users: usersOf(spec, containers),
  }
}

function waitingReason(state: KubeDocument): readonly string[] {
  const { reason, message } = fieldsOf(fieldsOf(state['state'])['waiting'])
  return textOf(reason) === '' ? [] : [`${textOf(reason)}${textOf(message) === '' ? '' : `: ${textOf(message)}`}`]
}

function unplaced(status: KubeDocument): readonly string[] {
  return listOf(status['conditions'])
    .filter(each => each['type'] === 'PodScheduled' && each['status'] === 'False')
    .map(each => `${textOf(each['reason'])}: ${textOf(each['message'])}`)
}

function sidecarOf(
  containers: readonly KubeDocument[],
  initContainers: readonly KubeDocument[],
  states: readonly KubeDocument[],
): SidecarView | undefined {
  const isProxy = (container: KubeDocument): boolean => container['name'] === SIDECAR
  const native = initContainers.find(isProxy)
  const found = native ?? containers.find(isProxy)
  // A gateway is nothing but a proxy.
  if (found === undefined || (native === undefined && containers.length === 1)) return undefined
  return { image: textOf(found['image']), isReady: states.find(isProxy)?.['ready'] === true, isNative: native !== undefined }
}

function usersOf(spec: KubeDocument, containers: readonly KubeDocument[]): readonly number[] {
  const pod = fieldsOf(spec['securityContext'])['runAsUser']
  return containers
    .filter(({ name }) => name !== SIDECAR)
    .map(container => fieldsOf(container['securityContext'])['runAsUser'] ?? pod)
    .filter(user => typeof user === 'number')
}
