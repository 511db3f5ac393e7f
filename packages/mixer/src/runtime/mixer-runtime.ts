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

/** Kinds that Mixer reads; a change of any other leaves everything as it is. */
const MIXER_API = 'config.istio.io/'

/**
 * Turns configuration into a dispatcher. State: `objects` and `rejected`, per source, and `told`, written by `apply`; `current`,
 * replaced as a whole, so that a request sees one reading of the configuration from its start to its end.
 */
export class MixerRuntime {
  private readonly options: MixerRuntimeOptions
  private readonly handlers: HandlerTable
  private readonly objects = new Map<string, ReadonlyMap<string, ConfigObject>>()
  private readonly rejected = new Map<string, readonly ConfigProblem[]>()
  /** Problems that were logged and still stand. */
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
    const rejected = batch.rejections.flatMap(problemsOf)
    const sameProblems = JSON.stringify(rejected) === JSON.stringify(this.rejected.get(source) ?? [])
    this.rejected.set(source, rejected)
    const objects = new Map(this.objects.get(source) ?? [])
    const upserts = batch.upserts.filter(object => object.apiVersion.startsWith(MIXER_API))
    for (const object of upserts) objects.set(objectKeyText({ kind: object.kind, ...object.meta }), object)
    const deleted = batch.deletes.filter(key => objects.delete(objectKeyText(key)))
    if (upserts.length === 0 && deleted.length === 0 && sameProblems) return
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
    this.tell(problems)
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

  /** Each problem once, for as long as it stands. */
  private tell(problems: readonly ConfigProblem[]): void {
    const standing = new Map(problems.map(problem => [JSON.stringify(problem), problem]))
    for (const [text, { resource, path, message, origin }] of standing) {
      if (this.told.has(text)) continue
      this.options.log.warn('configuration left out', { resource, path, problem: message, at: `${origin.file}:${origin.line}` })
    }
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
