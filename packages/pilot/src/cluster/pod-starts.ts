import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import { type ObjectEvent, ObjectEvents } from '@meshwork/kube/status'
import type { XdsNode } from '@meshwork/xds/types'

export interface PodStartsOptions {
  readonly client: KubeClient
  /** Pods of other clusters are not ours to write about. */
  readonly clusterId: string
  /** Which replica. */
  readonly instance: string
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}

/** Tells on a pod, as an event, how long its application had to wait for its proxy (docs/decisions/0065). */
export class PodStarts {
  private readonly options: PodStartsOptions
  private readonly events: ObjectEvents

  constructor(options: PodStartsOptions) {
    this.options = options
    this.events = new ObjectEvents({ ...options, component: 'meshwork-pilot' })
  }

  /** Never rejects. Nodes that are no pods of this cluster are passed over, and those that were injected before pods said their uid. */
  async told({ metadata }: XdsNode, afterMs: number): Promise<void> {
    const { NAME: name, NAMESPACE: namespace, POD_UID: uid, CLUSTER_ID: cluster, START_ORDER: order } = metadata
    if (typeof name !== 'string' || typeof namespace !== 'string' || typeof uid !== 'string' || uid === '') return
    if (cluster !== this.options.clusterId) return
    await this.events.tell({ key: { kind: 'Pod', namespace, name }, apiVersion: 'v1', uid, resourceVersion: '' }, eventOf(order, afterMs))
  }
}

function eventOf(order: unknown, afterMs: number): ObjectEvent {
  const took = `${(afterMs / 1000).toFixed(1)}s`
  switch (order) {
    case 'gate':
      return { type: 'Normal', reason: 'StartGate', message: `start gate ${took}: the application is started now that its proxy is ready` }
    case 'native':
      return {
        type: 'Normal',
        reason: 'SidecarReady',
        message: `native sidecar ${took}: the application is started now that its proxy is ready`,
      }
    default:
      return { type: 'Normal', reason: 'SidecarReady', message: `sidecar ${took}: the proxy is ready; the application did not wait for it` }
  }
}
