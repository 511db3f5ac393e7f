import { type ConfigObject, objectKeyText, type Rejection } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { buildRoutingTable, Dispatcher } from '../dispatch/index.ts'
import { ADAPTERS, TEMPLATES } from '../encode/index.ts'
import { HandlerTable } from '../handler/index.ts'
import type { MixerMetrics } from '../serve/metrics.ts'
import {
  buildSnapshot,
  type ConfigProblem,
  DEFAULT_ATTRIBUTES,
  type HandlerSpec,
  type ProblemKind,
  qualifiedName,
  type Snapshot,
} from '../snapshot/index.ts'

export interface MixerRuntimeOptions {
  /** Its rules apply to all traffic. */
  readonly rootNamespace: string
  readonly adapterAddresses: ReadonlyMap<string, string>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: MixerMetrics
}

/** One thing that is not in force, as the log tells it. */
interface Notice {
  /** Empty for a document that could not be read. */
  readonly resource: string
  readonly path: string
  readonly problem: string
  /** `file:line` */
  readonly at: string
}

/** Kinds that Mixer reads; a change of any other leaves everything as it is. */
const MIXER_API = 'config.istio.io/'

/**
 * Turns configuration into a dispatcher. State: `objects`, `rejected` and `unread`, per source, and `told`, written by `apply`; `current`,
 * replaced as a whole, so that a request sees one reading of the configuration from its start to its end.
 */
export class MixerRuntime {
  private readonly options: MixerRuntimeOptions
  private readonly handlers: HandlerTable
  private readonly objects = new Map<string, ReadonlyMap<string, ConfigObject>>()
  private readonly rejected = new Map<string, readonly ConfigProblem[]>()
  private readonly unread = new Map<string, readonly Notice[]>()
  private leftOut: readonly Notice[] = []
  /** Notices that were logged and still stand. */
  private told: ReadonlySet<string> = new Set()
  private current: Dispatcher
  private nextId = 0

  constructor(options: MixerRuntimeOptions) {
    this.options = options
    this.handlers = new HandlerTable(options.clock)
    this.current = this.rebuild()
  }

  get dispatcher(): Dispatcher {
    return this.current
  }

  /** Takes what a source says changed. `source` tells sources apart that bring objects of the same name; the last one wins. */
  apply(source: string, batch: ConfigBatch): void {
    this.unread.set(source, batch.rejections.filter(({ key }) => key === undefined).flatMap(noticesOfDocument))
    const rejected = batch.rejections.flatMap(problemsOf)
    const sameProblems = JSON.stringify(rejected) === JSON.stringify(this.rejected.get(source) ?? [])
    this.rejected.set(source, rejected)
    const objects = new Map(this.objects.get(source) ?? [])
    const upserts = batch.upserts.filter(object => object.apiVersion.startsWith(MIXER_API))
    for (const object of upserts) objects.set(objectKeyText({ kind: object.kind, ...object.meta }), object)
    const deleted = batch.deletes.filter(key => objects.delete(objectKeyText(key)))
    if (upserts.length === 0 && deleted.length === 0 && sameProblems) {
      this.tell()
      return
    }
    this.objects.set(source, objects)
    this.current = this.rebuild()
  }

  close(): Promise<void> {
    return this.handlers.close()
  }

  private rebuild(): Dispatcher {
    const { rootNamespace, adapterAddresses, clock, log, metrics } = this.options
    const id = this.nextId++
    const merged = new Map([...this.objects.values()].flatMap(objects => [...objects]))
    const snapshot = buildSnapshot([...merged.values()], {
      attributes: DEFAULT_ATTRIBUTES,
      adapters: ADAPTERS,
      templates: TEMPLATES,
      adapterAddresses,
    })
    const problems = [...[...this.rejected.values()].flat(), ...snapshot.problems]
    this.leftOut = problems.map(({ resource, path, message, origin }) => ({
      resource,
      path,
      problem: message,
      at: `${origin.file}:${origin.line}`,
    }))
    this.tell()
    const { byName, change } = this.handlers.apply(handlersInUse(snapshot))
    metrics.configured(id, { ...snapshot, problems }, change)
    log.info('configuration applied', {
      configID: id,
      rules: snapshot.rules.length,
      handlers: byName.size,
      problems: problems.length,
    })
    return new Dispatcher({
      table: buildRoutingTable(snapshot, rootNamespace),
      connections: byName,
      clock,
      observe: (destination, seconds, failed) => metrics.dispatched(destination, seconds, failed),
    })
  }

  /** Each notice once, for as long as it stands. */
  private tell(): void {
    const standing = new Map([...this.leftOut, ...[...this.unread.values()].flat()].map(notice => [JSON.stringify(notice), notice]))
    for (const [text, notice] of standing) if (!this.told.has(text)) this.options.log.warn('configuration left out', { ...notice })
    this.told = new Set(standing.keys())
  }
}

/** Which count an object raises that its source refused; none if it is not Mixer's. */
function problemKindOf(kind: string): ProblemKind | undefined {
  if (kind === 'rule') return 'rule'
  if (kind === 'attributemanifest') return 'attribute'
  if (kind === 'handler' || ADAPTERS.has(kind)) return 'handler'
  return kind === 'instance' || TEMPLATES.has(kind) ? 'instance' : undefined
}

/** A document that could not be read at all may have held anything, also rules of ours. */
function noticesOfDocument({ origin, violations }: Rejection): readonly Notice[] {
  return violations.map(({ path, message, line }) => ({ resource: '', path, problem: message, at: `${origin.file}:${line}` }))
}

function problemsOf({ key, origin, violations }: Rejection): readonly ConfigProblem[] {
  const kind = key === undefined ? undefined : problemKindOf(key.kind)
  if (key === undefined || kind === undefined) return []
  const resource = qualifiedName(key.name, key.kind, key.namespace)
  return violations.map(({ path, message, line }) => ({ kind, resource, path, message, origin: { file: origin.file, line } }))
}

/** A handler that no live rule names needs no connection. */
function handlersInUse(snapshot: Snapshot): readonly HandlerSpec[] {
  const used = new Map(snapshot.rules.flatMap(rule => rule.actions.map(({ handler }) => [handler.name, handler] as const)))
  return [...used.values()]
}
