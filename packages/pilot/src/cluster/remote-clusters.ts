import { objectKeyText, type ObjectKey } from '@meshwork/config/kinds'
import { type ConfigBatch, type ConfigSource, keyOf } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'

/** `failed`: what leads to the cluster cannot be used. `syncing`: it has not yet said all it has. */
export type ClusterSync = 'syncing' | 'synced' | 'failed'

export interface ClusterState {
  readonly id: string
  /** Where its kubeconfig or its folder is: `istio-system/istio-remote-secret-west`. */
  readonly origin: string
  readonly syncStatus: ClusterSync
  /** Why it cannot be read now; what was read of it stays in force. */
  readonly problem?: string
  /** Objects that count. */
  readonly objects: number
  /** Milliseconds since the epoch; absent: it has not synced since this process began. */
  readonly syncedAt?: number
}

export interface ClusterPlace {
  readonly id: string
  readonly origin: string
  /** Text that differs where something else is meant: then the source is opened anew. */
  readonly fingerprint: string
  /** Throws if what leads there cannot be used. `log` is told of trouble and of its end, as `KubeSource` does. */
  readonly open: (log: Pick<Logger, 'warn' | 'info'>) => ConfigSource
}

export interface RemoteClustersOptions {
  /** undefined: the cluster has left. */
  readonly apply: (cluster: string, batch: ConfigBatch | undefined) => void
  readonly clock: Clock
  readonly log: Logger
}

interface Member {
  place: ClusterPlace
  source: ConfigSource | undefined
  /** Objects that count, whichever source told them. */
  readonly known: Map<string, ObjectKey>
  /** What the source in force has told. */
  told: Set<string>
  /** The source in force has told everything, so that what only an earlier one told is gone. */
  isComplete: boolean
  sync: ClusterSync
  problem: string | undefined
  syncedAt: number | undefined
}

/**
 * The other clusters of the mesh. Owner of their sources: opens, replaces and closes them. Whatever happens to one concerns none of
 * the others; what was read of it stays in force until it is removed or another source for it has synced.
 */
export class RemoteClusters {
  private readonly options: RemoteClustersOptions
  private readonly members = new Map<string, Member>()

  constructor(options: RemoteClustersOptions) {
    this.options = options
  }

  /** Joins a cluster, or follows it from another place. Resolves once it has synced, or is found not to be usable. */
  async put(place: ClusterPlace): Promise<void> {
    const known = this.members.get(place.id)
    if (known?.place.fingerprint === place.fingerprint && known.sync !== 'failed') return
    const member = known ?? newMember(place)
    this.members.set(place.id, member)
    member.place = place
    const source = this.opened(member)
    if (source === undefined) return
    const before = member.source
    Object.assign(member, { source, told: new Set(), isComplete: false, sync: 'syncing' })
    // What it had stays in force until the new source has told everything, though it is followed no longer.
    await before?.close()
    await source.start(batch => this.take(member, source, batch)).catch((error: unknown) => this.fail(member, error))
  }

  async remove(id: string): Promise<void> {
    const member = this.members.get(id)
    if (member === undefined) return
    this.members.delete(id)
    this.options.apply(id, undefined)
    this.options.log.info('cluster has left the mesh', { cluster: id, origin: member.place.origin })
    await member.source?.close()
  }

  /** By id. */
  states(): readonly ClusterState[] {
    const states = [...this.members.values()].map(({ place: { id, origin }, sync, problem, known, syncedAt }) => ({
      id,
      origin,
      syncStatus: sync,
      ...(problem !== undefined && { problem }),
      objects: known.size,
      ...(syncedAt !== undefined && { syncedAt }),
    }))
    return states.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  async close(): Promise<void> {
    await Promise.all([...this.members.values()].map(async ({ source }) => source?.close()))
  }

  private opened(member: Member): ConfigSource | undefined {
    const { id, origin } = member.place
    const about = { cluster: id, origin }
    const { log } = this.options
    try {
      return member.place.open({
        warn: (message, fields) => {
          const reason = fields?.['reason']
          member.problem = typeof reason === 'string' ? reason : message
          log.warn(message, { ...about, ...fields })
        },
        info: (message, fields) => {
          member.problem = undefined
          log.info(message, { ...about, ...fields })
        },
      })
    } catch (error) {
      this.fail(member, error)
      return undefined
    }
  }

  private fail(member: Member, error: unknown): void {
    const { id, origin } = member.place
    member.sync = 'failed'
    member.problem = messageOf(error)
    this.options.log.error('cluster cannot be followed', { cluster: id, origin, reason: member.problem })
  }

  private take(member: Member, source: ConfigSource, batch: ConfigBatch): void {
    // A source that was replaced may have had something on its tongue.
    if (member.source !== source || this.members.get(member.place.id) !== member) return
    for (const key of batch.deletes) member.told.delete(objectKeyText(key))
    for (const object of batch.upserts) member.told.add(objectKeyText(keyOf(object)))
    const gone = this.complete(member, batch)
    for (const key of [...gone, ...batch.deletes]) member.known.delete(objectKeyText(key))
    for (const object of batch.upserts) member.known.set(objectKeyText(keyOf(object)), keyOf(object))
    const unreadable = batch.rejections.find(({ key }) => key === undefined)
    member.problem = unreadable?.violations[0]?.message
    this.options.apply(member.place.id, { ...batch, deletes: [...gone, ...batch.deletes] })
  }

  /** Whether the source has told everything now; if so, what only an earlier one told. What it may not read is not gone. */
  private complete(member: Member, { rejections }: ConfigBatch): readonly ObjectKey[] {
    if (member.isComplete || rejections.some(({ key }) => key === undefined)) return []
    member.isComplete = true
    const { id, origin } = member.place
    Object.assign(member, { sync: 'synced', syncedAt: this.options.clock.now() })
    this.options.log.info('cluster is part of the mesh', { cluster: id, origin, objects: member.told.size })
    return [...member.known].flatMap(([text, key]) => (member.told.has(text) ? [] : [key]))
  }
}

function newMember(place: ClusterPlace): Member {
  const nothing = { source: undefined, problem: undefined, syncedAt: undefined }
  return { place, ...nothing, known: new Map(), told: new Set(), isComplete: false, sync: 'syncing' }
}
