import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { Destination } from '../dispatch/index.ts'
import type { TableChange } from '../handler/index.ts'
import type { ProblemKind, Snapshot } from '../snapshot/index.ts'

/** Seconds (mixer.md 9.4). */
const DISPATCH_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const CONFIG_COUNTS = [
  'attribute_count',
  'handler_config_count',
  'handler_validation_error_count',
  'instance_config_count',
  'instance_config_error_count',
  'rule_config_count',
  'rule_config_error_count',
] as const
type ConfigCount = (typeof CONFIG_COUNTS)[number]

const HANDLER_COUNTS = ['new_handler_count', 'reused_handler_count', 'close_handler_count'] as const
type HandlerCount = (typeof HANDLER_COUNTS)[number]

/** Mixer's own metrics, under the names that dashboards of Istio 1.0 read. */
export class MixerMetrics {
  readonly registry: Registry = new Registry()
  private readonly config: ReadonlyMap<ConfigCount, Counter>
  private readonly handlers: ReadonlyMap<HandlerCount, Counter>
  private readonly dispatches: Counter
  private readonly dispatchSeconds: Histogram
  private readonly handled: Counter
  private readonly handlingSeconds: Histogram

  constructor() {
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry })
    this.config = new Map(CONFIG_COUNTS.map(name => [name, this.perConfig('mixer_config_', name)]))
    this.handlers = new Map(HANDLER_COUNTS.map(name => [name, this.perConfig('mixer_handler_', name)]))
    const dispatchLabels = ['meshFunction', 'handler', 'adapter', 'error']
    this.dispatches = new Counter({
      name: 'mixer_runtime_dispatch_count',
      help: 'Calls to adapters',
      labelNames: dispatchLabels,
      registers,
    })
    this.dispatchSeconds = new Histogram({
      name: 'mixer_runtime_dispatch_duration',
      help: 'Time an adapter took to answer, in seconds',
      labelNames: dispatchLabels,
      buckets: DISPATCH_BUCKETS,
      registers,
    })
    const rpcLabels = ['grpc_type', 'grpc_service', 'grpc_method']
    this.handled = new Counter({
      name: 'grpc_server_handled_total',
      help: 'Calls answered, whatever the outcome',
      labelNames: [...rpcLabels, 'grpc_code'],
      registers,
    })
    this.handlingSeconds = new Histogram({
      name: 'grpc_server_handling_seconds',
      help: 'Time until a call was answered, in seconds',
      labelNames: rpcLabels,
      registers,
    })
  }

  /** Counts of one reading of the configuration. Those of the reading before are dropped: their number would only grow. */
  configured(configId: number, snapshot: Snapshot, change: TableChange): void {
    const label = { configID: String(configId) }
    const problems = (kind: ProblemKind): number => snapshot.problems.filter(problem => problem.kind === kind).length
    const counts: Readonly<Record<ConfigCount, number>> = {
      attribute_count: snapshot.attributes.size,
      handler_config_count: snapshot.handlers.size,
      handler_validation_error_count: problems('handler'),
      instance_config_count: snapshot.instances.size,
      instance_config_error_count: problems('instance'),
      rule_config_count: snapshot.rules.length,
      rule_config_error_count: problems('rule'),
    }
    const handlerCounts: Readonly<Record<HandlerCount, number>> = {
      new_handler_count: change.created,
      reused_handler_count: change.reused,
      close_handler_count: change.closed,
    }
    for (const [name, counter] of this.config) replace(counter, label, counts[name])
    for (const [name, counter] of this.handlers) replace(counter, label, handlerCounts[name])
  }

  dispatched({ handler, template }: Destination, seconds: number, failed: boolean): void {
    const labels = { meshFunction: template.name, handler: handler.name, adapter: handler.adapter.name, error: String(failed) }
    this.dispatches.inc(labels)
    this.dispatchSeconds.observe(labels, seconds)
  }

  /** `code`: name of the gRPC status, `OK` for instance. */
  answered(method: 'Check' | 'Report', code: string, seconds: number): void {
    const labels = { grpc_type: 'unary', grpc_service: 'istio.mixer.v1.Mixer', grpc_method: method }
    this.handled.inc({ ...labels, grpc_code: code })
    this.handlingSeconds.observe(labels, seconds)
  }

  private perConfig(prefix: string, name: string): Counter {
    const help = `${name.replaceAll('_', ' ')} of the configuration in force`
    return new Counter({ name: `${prefix}${name}`, help, labelNames: ['configID'], registers: [this.registry] })
  }
}

function replace(counter: Counter, label: Readonly<Record<string, string>>, value: number): void {
  counter.reset()
  counter.inc({ ...label }, value)
}
