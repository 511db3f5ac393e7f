import { createHash } from 'node:crypto'
import { REMOTE_KINDS } from '@meshwork/config/registry'
import { KINDS } from '@meshwork/config/kinds'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { fieldsOf, KubeClient, type KubeDocument, textOf } from '@meshwork/kube/client'
import { KubeSource, ResourceWatch } from '@meshwork/kube/source'
import { EmptyWorldGuard } from '../serve/empty-world-guard.ts'
import type { ClusterPlace, RemoteClusters } from './remote-clusters.ts'

/** Marks Secrets with kubeconfigs of other clusters; each key of `data` is the id of one (traffic.md 3.3). */
const SELECT = `labelSelector=${encodeURIComponent('istio/multiCluster=true')}`
/** Beyond them clusters are refused. */
const MOST_CLUSTERS = 500
const LONGEST_ID = 253
const ID = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
/** Endpoints stand in EndpointSlices as well. */
const FOLLOWED = KINDS.filter(({ kind }) => REMOTE_KINDS.has(kind) && kind !== 'Endpoints')

export interface RemoteSecretsOptions {
  /** The own cluster, where the Secrets are. */
  readonly client: KubeClient
  readonly namespace: string
  /** Id of the own cluster, which no Secret may claim. */
  readonly ownId: string
  readonly clusters: RemoteClusters
  /** How long the start waits for the clusters that are known then, in milliseconds. */
  readonly waitMs: number
  /** How long a cluster must have no services left before that is believed, in milliseconds. */
  readonly confirmEmptyMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** Follows the Secrets that name other clusters: each joins, moves and leaves with its Secret. */
export class RemoteSecrets implements Runner {
  readonly name = 'other clusters'
  private readonly options: RemoteSecretsOptions
  private readonly watch: ResourceWatch
  /** By `namespace/name` of the Secret. */
  private readonly secrets = new Map<string, readonly ClusterPlace[]>()
  /** By cluster: the Secret that it is followed by. */
  private readonly joined = new Map<string, string>()
  private joining: readonly Promise<void>[] = []

  constructor(options: RemoteSecretsOptions) {
    const { client, namespace, clock, log } = options
    this.options = options
    this.watch = new ResourceWatch({
      client,
      paths: [`/api/v1/namespaces/${namespace}/secrets`],
      select: SELECT,
      clock,
      sink: {
        replaced: documents => {
          this.secrets.clear()
          for (const document of documents) this.read(document)
          this.follow()
        },
        put: document => {
          this.read(document)
          this.follow()
        },
        removed: document => {
          this.secrets.delete(nameOf(document))
          this.follow()
        },
        troubled: reason => {
          if (reason !== undefined) log.warn('secrets of other clusters cannot be read; those that are known stay', { namespace, reason })
        },
      },
    })
  }

  /** Pods of clusters that can be reached are known before the first proxy asks; those that cannot hold nobody up for long. */
  async start(): Promise<void> {
    await this.watch.start()
    const { clock, waitMs } = this.options
    const limit = new Promise<void>(resolve => void clock.after(waitMs, resolve))
    await Promise.race([Promise.allSettled(this.joining), limit])
  }

  async close(): Promise<void> {
    this.watch.close()
    await this.options.clusters.close()
  }

  private read(document: KubeDocument): void {
    const secret = nameOf(document)
    const data = Object.entries(fieldsOf(document['data']))
    this.secrets.set(
      secret,
      data.map(([id, value]) => this.placeOf(id, secret, Buffer.from(textOf(value), 'base64').toString())),
    )
  }

  private placeOf(id: string, secret: string, kubeconfig: string): ClusterPlace {
    const { clock, confirmEmptyMs } = this.options
    return {
      id,
      origin: secret,
      fingerprint: createHash('sha256').update(`${secret} ${kubeconfig}`).digest('hex'),
      open: log => {
        this.check(id, secret, kubeconfig)
        const client = KubeClient.fromText(kubeconfig, `'${id}' in the secret ${secret}`)
        const source = new KubeSource({ client, kinds: FOLLOWED, clock, log })
        return new EmptyWorldGuard(source, { name: id, clock, confirmMs: confirmEmptyMs })
      },
    }
  }

  private check(id: string, secret: string, kubeconfig: string): void {
    const refuse = (reason: string, nextStep: string): never => {
      throw new MeshError('REMOTE_SECRET_INVALID', `'${id}' in the secret ${secret} ${reason}`, { source: 'config', nextStep })
    }
    if (id.length > LONGEST_ID || !ID.test(id)) refuse('is no id of a cluster', "name it with letters, digits, '-', '_' and '.'")
    if (id === this.options.ownId) refuse('is the id of the own cluster', 'start pilot with another --cluster-id, or rename the key')
    if (kubeconfig.trim() === '') refuse('is empty', 'write a kubeconfig into it: meshctl cluster join')
    if (this.joined.size > MOST_CLUSTERS)
      refuse(`is one of more than ${MOST_CLUSTERS} clusters`, 'remove secrets of clusters that are gone')
  }

  /** Of two Secrets with one id the first by name counts. */
  private follow(): void {
    const { clusters, log } = this.options
    const wanted = new Map<string, ClusterPlace>()
    for (const [secret, places] of [...this.secrets].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      for (const place of places) {
        const first = wanted.get(place.id)
        if (first === undefined) wanted.set(place.id, place)
        else log.error('cluster is named twice; the first secret counts', { cluster: place.id, secret, first: first.origin })
      }
    }
    for (const id of this.joined.keys()) {
      if (wanted.has(id)) continue
      this.joined.delete(id)
      void clusters.remove(id)
    }
    for (const [id, { origin }] of wanted) this.joined.set(id, origin)
    this.joining = [...wanted.values()].map(place => clusters.put(place))
  }
}

function nameOf(document: KubeDocument): string {
  const { namespace, name } = fieldsOf(document['metadata'])
  return `${textOf(namespace)}/${textOf(name)}`
}
