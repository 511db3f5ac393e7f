import { Counter, Histogram, type Registry } from 'prom-client'
import type { InjectionOutcome } from './inject-pod.ts'

/** From half of the goal for the 99th percentile, 10 ms, to what an API server would call slow. */
const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1]

/** What the injector did, in numbers, under the names that they have at Istio. */
export class InjectionMetrics {
  private readonly counters: Readonly<Record<InjectionOutcome['kind'], Counter>>
  private readonly requests: Counter
  private readonly time: Histogram

  constructor(registry: Registry) {
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `sidecar_injection_${name}_total`, help, registers: [registry] })
    this.requests = counter('requests', 'Pods that the injector was asked about.')
    this.counters = {
      injected: counter('success', 'Pods that got a proxy.'),
      refused: counter('failure', 'Pods that could not get what they ask for, and questions that were none.'),
      skipped: counter('skip', 'Pods that get no proxy.'),
    }
    this.time = new Histogram({
      name: 'sidecar_injection_time_seconds',
      help: 'Time from question to answer.',
      buckets: BUCKETS_S,
      registers: [registry],
    })
  }

  asked(outcome: InjectionOutcome['kind'], seconds: number): void {
    this.requests.inc()
    this.counters[outcome].inc()
    this.time.observe(seconds)
  }
}
