import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import { type Clock, sleep } from '@meshwork/core/time'
import type { KubeClient, KubeDocument } from '@meshwork/kube/client'
import { ResourceWatch } from '@meshwork/kube/source'

import { type PodNetwork, podNetworks } from './pod-networks.ts'
import { type RedirectOrder, redirectOrder } from './redirect-order.ts'

export interface NodeAgentOptions {
  readonly client: KubeClient
  /** Whose pods are redirected. */
  readonly node: string
  /** Where processes of the node are seen: `/proc`. */
  readonly proc: string
  readonly redirect: (order: RedirectOrder, network: PodNetwork) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

/** How soon a pod is found that has no process yet: the sandbox comes some 100 ms after the pod is assigned to the node. */
const LOOK_MS = 50
const RETRY_MS = 1_000

/**
 * Redirects the pods of one node that wait for it. A pod waits in an init container until its connections are redirected, so
 * nothing is lost when the agent comes later than the pod. State: pods that wait, and the networks that are done.
 */
export class NodeAgent implements Runner {
  readonly name = 'node agent'
  private readonly options: NodeAgentOptions
  private readonly watch: ResourceWatch
  private readonly abort = new AbortController()
  private readonly waiting = new Map<string, RedirectOrder>()
  /** By pod; a network that is not this one has to be redirected. */
  private readonly done = new Map<string, string>()
  private wake: () => void = () => undefined
  private redirected = 0
  private failed = 0

  constructor(options: NodeAgentOptions) {
    this.options = options
    this.watch = new ResourceWatch({
      client: options.client,
      paths: ['/api/v1/pods'],
      select: `fieldSelector=${encodeURIComponent(`spec.nodeName=${options.node}`)}`,
      sink: {
        replaced: documents => this.replaced(documents),
        put: document => this.put(document),
        removed: document => this.removed(document),
        troubled: reason => reason !== undefined && options.log.warn('pods cannot be read', { reason }),
      },
      clock: options.clock,
    })
  }

  async start(): Promise<void> {
    await this.watch.start()
    void this.run()
  }

  close(): Promise<void> {
    this.abort.abort()
    this.watch.close()
    this.wake()
    return Promise.resolve()
  }

  /** In Prometheus' text format. */
  metrics(): string {
    return [
      ['pods_redirected_total', 'counter', this.redirected],
      ['redirect_failures_total', 'counter', this.failed],
      ['pods_waiting', 'gauge', this.waiting.size],
    ]
      .map(([name, type, value]) => `# TYPE meshwork_node_agent_${name} ${type}\nmeshwork_node_agent_${name} ${value}\n`)
      .join('')
  }

  private replaced(documents: readonly KubeDocument[]): void {
    this.waiting.clear()
    for (const document of documents) this.put(document)
  }

  private put(document: KubeDocument): void {
    const order = redirectOrder(document)
    if (order === null) return this.removed(document)
    this.waiting.set(order.uid, order)
    this.wake()
  }

  private removed(document: KubeDocument): void {
    const metadata = document['metadata']
    const uid = typeof metadata === 'object' && metadata !== null && 'uid' in metadata ? String(metadata.uid) : ''
    this.waiting.delete(uid)
    this.done.delete(uid)
  }

  private async run(): Promise<void> {
    const { clock } = this.options
    const { signal } = this.abort
    while (!signal.aborted) {
      if (this.waiting.size === 0) await new Promise<void>(resolve => (this.wake = resolve))
      const troubled = await this.redirectAll().catch((error: unknown) => this.failure(messageOf(error)))
      await sleep(clock, troubled ? RETRY_MS : LOOK_MS, signal).catch(() => undefined)
    }
  }

  /** True if anything failed. One pod's failure is not that of others. */
  private async redirectAll(): Promise<boolean> {
    const networks = podNetworks(this.options.proc, [...this.waiting.keys()])
    const open = [...this.waiting.values()].flatMap(order => {
      const network = networks.get(order.uid)
      return network === undefined || this.done.get(order.uid) === network.id ? [] : [{ order, network }]
    })
    const troubles = await Promise.all(open.map(({ order, network }) => this.redirectOne(order, network)))
    return troubles.includes(true)
  }

  private async redirectOne(order: RedirectOrder, network: PodNetwork): Promise<boolean> {
    try {
      await this.options.redirect(order, network)
      this.done.set(order.uid, network.id)
      this.redirected++
      this.options.log.info('redirected', { pod: order.pod })
      return false
    } catch (error) {
      return this.failure(messageOf(error))
    }
  }

  private failure(reason: string): true {
    this.failed++
    this.options.log.error('not redirected, trying again', { reason })
    return true
  }
}
