import { type ConfigObject, objectKeyText, type Rejection } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { buildRoutingTable, Dispatcher } from '../dispatch/index.ts'
import { ADAPTERS, TEMPLATES } from '../encode/index.ts'
import { HandlerTable } from '../handler/index.ts'
import type { MixerMetrics } from '../serve/metrics.ts'
import { buildSnapshot, DEFAULT_ATTRIBUTES, type HandlerSpec, type Snapshot } from '../snapshot/index.ts'

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
 * Turns configuration into a dispatcher. State: `objects`, per source, written by `apply`; `dispatcher`, replaced as a whole, so that
 * a request sees one reading of the configuration from its start to its end.
 */
export class MixerRuntime {
  private readonly options: MixerRuntimeOptions
  private readonly handlers: HandlerTable
  private readonly objects = new Map<string, ReadonlyMap<string, ConfigObject>>()
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
    for (const rejection of batch.rejections) this.logRejection(rejection)
    const objects = new Map(this.objects.get(source) ?? [])
    const upserts = batch.upserts.filter(object => object.apiVersion.startsWith(MIXER_API))
    for (const object of upserts) objects.set(objectKeyText({ kind: object.kind, ...object.meta }), object)
    const deleted = batch.deletes.filter(key => objects.delete(objectKeyText(key)))
    if (upserts.length === 0 && deleted.length === 0) return
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
    for (const { resource, path, message, origin } of snapshot.problems) {
      log.warn('configuration left out', { resource, path, problem: message, at: `${origin.file}:${origin.line}` })
    }
    const { byName, change } = this.handlers.apply(handlersInUse(snapshot))
    metrics.configured(id, snapshot, change)
    log.info('configuration applied', {
      configID: id,
      rules: snapshot.rules.length,
      handlers: byName.size,
      problems: snapshot.problems.length,
    })
    return new Dispatcher({
      table: buildRoutingTable(snapshot, rootNamespace),
      connections: byName,
      clock,
      observe: (destination, seconds, failed) => metrics.dispatched(destination, seconds, failed),
    })
  }

  private logRejection({ key, origin, violations }: Rejection): void {
    for (const { path, message, line } of violations) {
      const resource = key === undefined ? undefined : objectKeyText(key)
      this.options.log.warn('configuration rejected', { resource, path, problem: message, at: `${origin.file}:${line}` })
    }
  }
}

/** A handler that no live rule names needs no connection. */
function handlersInUse(snapshot: Snapshot): readonly HandlerSpec[] {
  const used = new Map(snapshot.rules.flatMap(rule => rule.actions.map(({ handler }) => [handler.name, handler] as const)))
  return [...used.values()]
}
