import { MeshError } from '@meshwork/core/result'
import { type Clock, sleep } from '@meshwork/core/time'
import { fieldsOf, itemsOf, type KubeAnswer, type KubeClient, textOf } from '@meshwork/kube/client'
import { keyOf, type KubeObject, kubeObjectOf, type ObjectKey, spoken } from './kube-object.ts'
import { FIELD_MANAGER } from './ownership.ts'
import { collectionPath, objectPath, type ResourceKind, resourceKindOf } from './resource-kinds.ts'

const NOT_FOUND = 404
/** The server is busy, or makes room for a kind that has just been defined. */
const LATER: readonly number[] = [429, 503]
const RETRY_MS = 500
const MOST_RETRIES = 20
const CONFLICT = 409
/** Of one answer to a list. */
const PAGE = 500

export interface WriteOptions {
  /** The server does everything but keep the result. */
  readonly isDryRun: boolean
  /** Take fields that others own. */
  readonly force: boolean
}

/** The objects of a cluster, as an installation reads and writes them. */
export class InstallCluster {
  readonly client: KubeClient
  private readonly clock: Clock

  constructor(client: KubeClient, clock: Clock) {
    this.client = client
    this.clock = clock
  }

  /** What messages call it. */
  get server(): string {
    return this.client.server
  }

  /** undefined: not there, or a kind that the cluster does not know. */
  async read(key: ObjectKey): Promise<KubeObject | undefined> {
    const answer = await this.patiently(() => this.client.get(objectPath(kindOf(key), key)))
    return answer.status === NOT_FOUND ? undefined : objectOf(answer, `read ${spoken(key)}`)
  }

  /** Server-side apply. undefined: the namespace or the kind is not there (yet). */
  async apply(object: KubeObject, { isDryRun, force }: WriteOptions): Promise<KubeObject | undefined> {
    const key = keyOf(object)
    const path = `${objectPath(kindOf(key), key)}${isDryRun ? '?dryRun=All' : ''}`
    const answer = await this.patiently(() => this.client.apply(path, object, { fieldManager: FIELD_MANAGER, force }))
    return answer.status === NOT_FOUND ? undefined : objectOf(answer, `write ${spoken(key)}`)
  }

  /** false: it was not there. */
  async delete(key: ObjectKey): Promise<boolean> {
    const answer = await this.patiently(() => this.client.delete(`${objectPath(kindOf(key), key)}?propagationPolicy=Background`))
    if (answer.status === NOT_FOUND) return false
    if (answer.status >= 300) throw refused(answer, `delete ${spoken(key)}`)
    return true
  }

  /** All objects of a kind, everywhere or in one namespace; none of a kind that the cluster does not know. */
  async list(kind: ResourceKind, selector = '', namespace = ''): Promise<readonly KubeObject[]> {
    const found: KubeObject[] = []
    let next = ''
    do {
      const query = new URLSearchParams({
        limit: String(PAGE),
        ...(selector !== '' && { labelSelector: selector }),
        ...(next !== '' && { continue: next }),
      })
      const answer = await this.patiently(() => this.client.get(`${collectionPath(kind, namespace)}?${query.toString()}`))
      if (answer.status === NOT_FOUND) return []
      if (answer.status !== 200) throw refused(answer, `list ${kind.plural}`)
      const body = fieldsOf(answer.body)
      // Items of a list do not say what they are.
      for (const item of itemsOf(body['items'])) {
        const object = kubeObjectOf({ ...fieldsOf(item), apiVersion: kind.apiVersion, kind: kind.kind })
        if (object !== undefined) found.push(object)
      }
      next = textOf(fieldsOf(body['metadata'])['continue'])
    } while (next !== '')
    return found
  }

  private async patiently(call: () => Promise<KubeAnswer>): Promise<KubeAnswer> {
    for (let tries = 0; ; tries++) {
      const answer = await call()
      if (!LATER.includes(answer.status) || tries >= MOST_RETRIES) return answer
      await sleep(this.clock, RETRY_MS)
    }
  }

  /** `v1.34.4`. Throws if the cluster does not answer. */
  async version(): Promise<string> {
    const answer = await this.client.get('/version').catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      const nextStep = 'check that kubectl works with the same kubeconfig: kubectl version'
      throw new MeshError('CLUSTER_UNREACHABLE', `${this.server} does not answer: ${reason}`, { source: 'config', cause: error, nextStep })
    })
    if (answer.status !== 200) throw refused(answer, 'read the version of the cluster')
    return textOf(fieldsOf(answer.body)['gitVersion'])
  }
}

function kindOf(key: ObjectKey): ResourceKind {
  const kind = resourceKindOf(key)
  if (kind !== undefined) return kind
  throw new MeshError('KIND_UNKNOWN', `an installation has no ${key.kind} of ${key.apiVersion}`, {
    nextStep: 'this is a mistake of meshctl; report it',
  })
}

function objectOf(answer: KubeAnswer, what: string): KubeObject {
  const object = answer.status < 300 ? kubeObjectOf(answer.body) : undefined
  if (object === undefined) throw refused(answer, what)
  return object
}

function refused({ status, body }: KubeAnswer, what: string): MeshError {
  const reason = textOf(fieldsOf(body)['message']) || `status ${status}`
  const nextStep =
    status === CONFLICT ? 'look at the owner of the fields, or take them over with --adopt' : 'meshctl check --pre tells what is missing'
  return new MeshError('CLUSTER_REFUSED', `the cluster does not let us ${what}: ${reason}`, { source: 'config', nextStep })
}
