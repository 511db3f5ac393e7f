import { isDeepStrictEqual } from 'node:util'
import { isKind, type KindName, type ObjectOf } from '@meshwork/config/kinds'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { fieldsOf, itemsOf, type KubeClient, type KubeDocument, textOf } from '@meshwork/kube/client'
import { ResourceWatch, type WatchSink } from '@meshwork/kube/source'
import type { ObjectRecords } from '@meshwork/kube/status'
import { servesIngress } from '../ingress/serves-ingress.ts'
import { Debouncer } from '../push/debouncer.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'

export interface IngressAddressesOptions {
  readonly client: KubeClient
  readonly records: ObjectRecords
  readonly snapshot: () => Pick<MeshSnapshot, 'objects' | 'mesh'>
  /** Of the ingress gateway's Service. */
  readonly namespace: string
  readonly service: string
  readonly clock: Clock
  readonly log: Logger
}

const QUIET_MS = 200
const LONGEST_MS = 1000
const RETRY_MS = 2000
const CALL_LIMIT_MS = 10_000
const OK = 200

/**
 * Writes the addresses of the ingress gateway's Service into the statuses of the Ingresses that the mesh serves, as long as this
 * replica leads. A Service that has no address yet changes nothing.
 */
export class IngressAddresses implements Runner {
  readonly name = 'ingress addresses'
  private readonly options: IngressAddressesOptions
  private readonly watch: ResourceWatch
  private readonly debouncer: Debouncer
  private addresses: readonly KubeDocument[] = []
  private leads = false

  constructor(options: IngressAddressesOptions) {
    this.options = options
    const { client, namespace, service, clock } = options
    const paths = [`/api/v1/namespaces/${namespace}/services`] as const
    this.watch = new ResourceWatch({ client, paths, select: `fieldSelector=metadata.name%3D${service}`, clock, sink: this.sink() })
    this.debouncer = new Debouncer({ clock, quietMs: QUIET_MS, maxMs: LONGEST_MS, run: () => void this.write() })
  }

  /** Does not wait for the Service: gateways come later than control planes. */
  start(): Promise<void> {
    void this.watch.start()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.lead(false)
    this.watch.close()
    return Promise.resolve()
  }

  lead(leads: boolean): void {
    this.leads = leads
    if (leads) this.debouncer.request()
    else this.debouncer.cancel()
  }

  /** Ingresses may have changed. */
  touched(): void {
    if (this.leads && this.addresses.length > 0) this.debouncer.request()
  }

  private sink(): WatchSink {
    const take = (document: KubeDocument): void => {
      this.addresses = addressesOf(document)
      this.touched()
    }
    return {
      replaced: ([document]) => take(document ?? {}),
      put: take,
      removed: () => take({}),
      troubled: reason => {
        if (reason !== undefined) this.options.log.warn("the ingress gateway's Service cannot be read", { reason })
      },
    }
  }

  private async write(): Promise<void> {
    for (const { meta } of this.served()) {
      if (!this.leads || this.addresses.length === 0) return
      const record = this.options.records.get({ kind: 'Ingress', namespace: meta.namespace, name: meta.name })
      if (record === undefined || isDeepStrictEqual(plain(fieldsOf(record.status['loadBalancer'])['ingress']), this.addresses)) continue
      const problem = await this.put(`${record.path}/status`).catch(messageOf)
      if (problem === '') continue
      this.options.log.warn('the address of an Ingress cannot be written', { ingress: `${meta.namespace}/${meta.name}`, reason: problem })
      this.options.clock.after(RETRY_MS, () => this.touched())
    }
  }

  /** No version is a precondition: the addresses are ours alone. '' if it is done. */
  private async put(path: string): Promise<string> {
    const body = { status: { loadBalancer: { ingress: this.addresses } } }
    const { status, body: answer } = await this.options.client.merge(path, body, AbortSignal.timeout(CALL_LIMIT_MS))
    return status === OK ? '' : `${status}: ${textOf(fieldsOf(answer)['message'])}`
  }

  private served(): readonly ObjectOf<'Ingress'>[] {
    const { objects, mesh } = this.options.snapshot()
    const classes = new Map(ofKind(objects, 'IngressClass').map(object => [object.meta.name, object]))
    return ofKind(objects, 'Ingress').filter(ingress => servesIngress(ingress, classes, mesh))
  }
}

function ofKind<K extends KindName>(objects: MeshSnapshot['objects'], kind: K): readonly ObjectOf<K>[] {
  return [...objects.values()].filter(object => isKind(object, kind))
}

/** Of the load balancer, else those that the Service is given by hand. */
function addressesOf(service: KubeDocument): readonly KubeDocument[] {
  const balanced = plain(fieldsOf(fieldsOf(service['status'])['loadBalancer'])['ingress'])
  const external = itemsOf(fieldsOf(service['spec'])['externalIPs'])
  return balanced.length > 0 ? balanced : external.map(ip => ({ ip: textOf(ip) }))
}

/** Only what both Services and Ingresses have. */
function plain(addresses: unknown): readonly KubeDocument[] {
  return itemsOf(addresses).map(address => {
    const { ip, hostname } = fieldsOf(address)
    return { ...(textOf(ip) !== '' && { ip }), ...(textOf(hostname) !== '' && { hostname }) }
  })
}
