import { fieldsOf, itemsOf, textOf } from '@meshwork/kube/client'
import type { InstallCluster } from './install-cluster.ts'
import type { KubeObject } from './kube-object.ts'
import { POD } from './resource-kinds.ts'

/** How a container waits that will soon be there. */
const USUAL = new Set(['', 'ContainerCreating', 'PodInitializing'])
const MOST_TOLD = 5

/** Why pods of the control plane do not become ready, in the words of Kubernetes: images that are missing, nodes that are full. */
export async function podTroubles(cluster: InstallCluster, namespace: string): Promise<readonly string[]> {
  const pods = await cluster.list(POD, 'app.kubernetes.io/part-of=istio', namespace)
  return pods.flatMap(troublesOf).slice(0, MOST_TOLD)
}

export function troublesOf(pod: KubeObject): readonly string[] {
  const status = fieldsOf(pod['status'])
  const scheduling = itemsOf(status['conditions'])
    .map(fieldsOf)
    .filter(({ type, status: value }) => type === 'PodScheduled' && value === 'False')
  const containers = [...itemsOf(status['initContainerStatuses']), ...itemsOf(status['containerStatuses'])].map(fieldsOf)
  const waiting = containers.map(({ state }) => fieldsOf(fieldsOf(state)['waiting'])).filter(({ reason }) => !USUAL.has(textOf(reason)))
  return [...scheduling, ...waiting].map(({ reason, message }) => `pod ${pod.metadata.name}: ${textOf(reason)} ${textOf(message)}`.trim())
}
