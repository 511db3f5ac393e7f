import { isIPv4 } from 'node:net'
import { bucketBounds, MetricStore, prometheusAdapter, readDefinitions } from '@meshwork/adapters/prometheus'
import { Params, Params_MetricInfo_BucketsDefinition } from '@meshwork/protos/istio/mixer/adapter/config/prometheus'
import { messageOf } from '@meshwork/core/result'
import { parseIpText } from '@meshwork/core/attributes'
import { type CaseResult, type ConformanceSuite, selected, type SuiteOptions } from '../../suite.ts'
import { hasKey, readRecording, runCase } from '../case-runner.ts'
import { equal, type Findings } from '../expectation.ts'
import { type TypedValue, valueOf } from '../typed-value.ts'

interface RecordedInstance {
  readonly instance: string
  readonly value: TypedValue
  readonly dimensions: Readonly<Record<string, TypedValue>>
  readonly outcome: 'recorded' | 'error' | 'crash'
}

interface Step {
  readonly config?: unknown
  readonly build?: 'ok' | 'error' | 'crash'
  readonly values?: readonly RecordedInstance[]
  readonly exposition: readonly string[]
}

interface Scenario {
  readonly name: string
  readonly steps: readonly Step[]
}

interface BucketCase {
  readonly definition: unknown
  readonly bounds: readonly number[]
}

/** This table writes addresses as text; the reference held them in their 16-byte form. */
function valueIn(typed: TypedValue): ReturnType<typeof valueOf> {
  const text = String(typed.value)
  const address = typed.type === 'IP_ADDRESS' ? parseIpText(isIPv4(text) ? `::ffff:${text}` : text) : undefined
  return address ?? valueOf(typed)
}

class Run {
  private readonly store = new MetricStore()
  // The recordings have addresses in labels as 1.0 wrote them.
  private readonly adapter = prometheusAdapter(this.store, 'bytes')
  private handler = this.adapter.build(Params.fromPartial({}))

  async step(step: Step): Promise<Findings> {
    return [...this.configure(step), ...(await this.record(step.values ?? [])), ...this.compare(step, await this.store.exposition())]
  }

  private configure({ config, build = 'ok' }: Step): Findings {
    if (config === undefined) return []
    const params = Params.fromJSON(config)
    this.handler = this.adapter.build(params)
    // What made the reference crash must be reported.
    return equal('build', readDefinitions(params).errors.length === 0, build === 'ok')
  }

  private async record(values: readonly RecordedInstance[]): Promise<Findings> {
    const findings: string[] = []
    for (const { instance, value, dimensions, outcome } of values) {
      const made = {
        name: instance,
        value: valueIn(value),
        dimensions: new Map(Object.entries(dimensions).map(([name, typed]) => [name, valueIn(typed)])),
        monitoredResourceType: '',
        monitoredResourceDimensions: new Map(),
      }
      const failure = await this.failureOf(() => this.handler.metric?.([made]))
      if ((failure === undefined) !== (outcome === 'recorded')) findings.push(`${instance}: got ${failure ?? 'recorded'}, want ${outcome}`)
    }
    return findings
  }

  private async failureOf(run: () => unknown): Promise<string | undefined> {
    try {
      await run()
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  }

  private compare({ exposition }: Step, text: string): Findings {
    const lines = text === '' ? [] : text.trimEnd().split('\n')
    const missing = exposition.filter(line => !lines.includes(line))
    const surplus = lines.filter(line => !exposition.includes(line))
    const order = missing.length === 0 && surplus.length === 0 ? equal('order', lines, exposition) : []
    return [...missing.map(line => `missing ${line}`), ...surplus.map(line => `surplus ${line}`), ...order]
  }
}

async function runScenario({ name, steps }: Scenario): Promise<CaseResult> {
  const run = new Run()
  const findings: string[] = []
  for (const step of steps) findings.push(...(await run.step(step)))
  return findings.length === 0 ? { name, passed: true } : { name, passed: false, detail: findings.join('; ') }
}

function runBuckets({ definition, bounds }: BucketCase, index: number): CaseResult {
  const buckets = definition === null ? undefined : Params_MetricInfo_BucketsDefinition.fromJSON(definition)
  return runCase({ name: `buckets ${index}`, check: () => equal('bounds', bucketBounds(buckets), bounds) })
}

export const mixerPrometheusSuite: ConformanceSuite = {
  async *run(dir: string, options: SuiteOptions): AsyncIterable<CaseResult> {
    const { cases } = readRecording(dir, 'buckets.json', hasKey<{ cases: readonly BucketCase[] }>('cases'))
    for (const result of cases.map(runBuckets)) if (selected(result.name, options)) yield result
    const { scenarios } = readRecording(dir, 'exposition.json', hasKey<{ scenarios: readonly Scenario[] }>('scenarios'))
    for (const scenario of scenarios) if (selected(scenario.name, options)) yield await runScenario(scenario)
  },
}
