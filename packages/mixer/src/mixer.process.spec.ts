import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, type ServiceError, status } from '@grpc/grpc-js'
import { type AttributeValue, BatchCompressor, bagOf, compress, GLOBAL_DICTIONARY, stringMap } from '@meshwork/core/attributes'
import { CheckRequest, type CheckResponse } from '@meshwork/protos/istio/mixer/v1/check'
import { ReportRequest } from '@meshwork/protos/istio/mixer/v1/report'
import { MixerClient } from '@meshwork/protos/istio/mixer/v1/service'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

type Attributes = Readonly<Record<string, AttributeValue>>

const DENIALS = `
apiVersion: config.istio.io/v1alpha2
kind: denier
metadata: {name: refuse, namespace: istio-system}
spec:
  status: {code: 7, message: not with that browser}
  validDuration: 2s
  validUseCount: 20
---
apiVersion: config.istio.io/v1alpha2
kind: checknothing
metadata: {name: refused, namespace: istio-system}
spec: {}
---
apiVersion: config.istio.io/v1alpha2
kind: rule
metadata: {name: old-browsers, namespace: istio-system}
spec:
  match: match(request.headers["user-agent"], "curl*")
  actions:
  - {handler: refuse.denier, instances: [refused.checknothing]}
`

const METRICS = `
apiVersion: config.istio.io/v1alpha2
kind: metric
metadata: {name: requestcount, namespace: istio-system}
spec:
  value: "1"
  dimensions:
    destination: destination.service | "unknown"
    response_code: response.code | 200
    source: source.ip | ip("0.0.0.0")
  monitored_resource_type: '"UNSPECIFIED"'
---
apiVersion: config.istio.io/v1alpha2
kind: prometheus
metadata: {name: handler, namespace: istio-system}
spec:
  metrics:
  - name: requests_total
    instance_name: requestcount.metric.istio-system
    kind: COUNTER
    label_names: [destination, response_code, source]
---
apiVersion: config.istio.io/v1alpha2
kind: rule
metadata: {name: prom, namespace: istio-system}
spec:
  actions:
  - {handler: handler.prometheus, instances: [requestcount.metric]}
`

class Mixer {
  readonly dir = mkdtempSync(join(tmpdir(), 'mixer-'))
  readonly children = new Map<string, Child>()
  metricsPort = 0
  expositionPort = 0
  private ports: readonly number[] = []
  private client: MixerClient | undefined

  async start(): Promise<void> {
    this.ports = await freePorts(5)
    const [grpc, metrics, denier, prometheus, exposition] = this.ports.map(port => `127.0.0.1:${port}`)
    this.metricsPort = this.ports[1] ?? 0
    this.expositionPort = this.ports[4] ?? 0
    this.run('denier', 'adapters/denier/main', ['--address', denier ?? ''])
    this.run('prometheus', 'adapters/prometheus/main', ['--address', prometheus ?? '', '--metrics-address', exposition ?? ''])
    const adapters = ['--adapter', `denier=${denier}`, '--adapter', `prometheus=${prometheus}`]
    const addresses = ['--address', grpc ?? '', '--metrics-address', metrics ?? '']
    this.run('mixer', 'mixer/main', ['--config-dir', this.dir, ...addresses, ...adapters])
    await Promise.all(Array.from(this.children.values(), child => child.whenReady()))
    this.client = new MixerClient(grpc ?? '', credentials.createInsecure())
  }

  write(file: string, yaml: string): void {
    writeFileSync(join(this.dir, file), yaml)
  }

  restartDenier(): Promise<void> {
    return this.run('denier', 'adapters/denier/main', ['--address', `127.0.0.1:${this.ports[2]}`]).whenReady()
  }

  check(attributes: Attributes): Promise<CheckResponse | ServiceError> {
    const request = CheckRequest.fromPartial({ attributes: compress(bagOf(attributes), GLOBAL_DICTIONARY), globalWordCount: 203 })
    return new Promise(resolve => void this.client?.check(request, (error, response) => resolve(error ?? response)))
  }

  report(records: readonly Attributes[]): Promise<ServiceError | 'ok'> {
    const batch = new BatchCompressor(GLOBAL_DICTIONARY)
    for (const record of records) batch.add(bagOf(record))
    const request = ReportRequest.fromPartial({ ...batch.finish(), globalWordCount: 203 })
    return new Promise(resolve => void this.client?.report(request, error => resolve(error ?? 'ok')))
  }

  async close(): Promise<void> {
    this.client?.close()
    await Promise.all(Array.from(this.children.values(), child => child[Symbol.asyncDispose]()))
    rmSync(this.dir, { recursive: true, force: true })
  }

  private run(name: string, program: Parameters<typeof builtProgram>[0], args: readonly string[]): Child {
    const child = startProgram(builtProgram(program), { name, args })
    this.children.set(name, child)
    return child
  }
}

async function textAt(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
}

/** How often an adapter was called. */
function dispatched(metrics: string, adapter: string): number {
  const calls = [...metrics.matchAll(/^mixer_runtime_dispatch_count\{(.*)\} (\d+)$/gm)]
  return calls
    .filter(([, labels]) => labels?.includes(`adapter="${adapter}"`) === true)
    .reduce((sum, [, , count]) => sum + Number(count), 0)
}

/** Asks without pause until told to stop; returns everything that was not a pass. */
function keepAsking(asked: Mixer, attributes: Attributes): () => Promise<readonly unknown[]> {
  let running = true
  const loop = async (): Promise<readonly unknown[]> => {
    const bad: unknown[] = []
    while (running) {
      const answer = await asked.check(attributes)
      if (!('precondition' in answer) || answer.precondition?.status?.code !== 0) bad.push(answer)
    }
    return bad
  }
  const done = loop()
  return () => {
    running = false
    return done
  }
}

const CURL: Attributes = { 'request.headers': stringMap(new Map([['user-agent', 'curl/8']])) }
const FIREFOX: Attributes = { 'request.headers': stringMap(new Map([['user-agent', 'Firefox']])) }

let mixer: Mixer
beforeAll(async () => {
  mixer = new Mixer()
  mixer.write('denials.yaml', DENIALS)
  mixer.write('metrics.yaml', METRICS)
  await mixer.start()
})
afterAll(() => mixer.close())

describe('Check', () => {
  it('refuses with the code and the text of the denier', async () => {
    expect(await mixer.check(CURL)).toMatchObject({
      precondition: {
        status: { code: 7, message: 'refuse.denier.istio-system:not with that browser' },
        validDuration: { seconds: 2n },
        validUseCount: 20,
        referencedAttributes: {
          words: [],
          attributeMatches: expect.arrayContaining([expect.objectContaining({ name: 15, mapKey: 86, condition: 2 })]),
        },
      },
    })
  })

  it('lets pass what no rule is about', async () => {
    expect(await mixer.check(FIREFOX)).toMatchObject({
      precondition: { status: { code: 0 }, validDuration: { seconds: 60n }, validUseCount: 10_000 },
    })
  })

  it('[mixer-49] a condition on an absent attribute does not hold', async () => {
    expect(await mixer.check({})).toMatchObject({ precondition: { status: { code: 0 } } })
  })

  it('grants a quota that nobody limits', async () => {
    const request = CheckRequest.fromPartial({ globalWordCount: 203, quotas: { nosuch: { amount: 5n, bestEffort: true } } })
    const answer = await new Promise(resolve => void mixer['client']?.check(request, (error, response) => resolve(error ?? response)))
    expect(answer).toMatchObject({ quotas: { nosuch: { grantedAmount: 5n, validDuration: { seconds: 60n } } } })
  })
})

describe('Report', () => {
  it('[mixer-69] counts every record of a batch, by one call of the adapter', async () => {
    const record = { 'destination.service': 'reviews', 'response.code': 200n, 'source.ip': Uint8Array.of(10, 1, 2, 3) }
    const before = dispatched(await textAt(mixer.metricsPort), 'prometheus')
    expect(await mixer.report([record, record, { ...record, 'response.code': 503n }])).toBe('ok')
    expect(dispatched(await textAt(mixer.metricsPort), 'prometheus') - before).toBe(1)
    const text = await textAt(mixer.expositionPort)
    expect(text).toContain('istio_requests_total{destination="reviews",response_code="200",source="10.1.2.3"} 2\n')
    expect(text).toContain('istio_requests_total{destination="reviews",response_code="503",source="10.1.2.3"} 1\n')
  })

  it('[mixer-85] refuses a message above 1 MiB and goes on', async () => {
    const huge = await mixer.report([{ 'destination.service': 'x'.repeat(1_100_000) }])
    expect(huge).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
    expect(await mixer.check(FIREFOX)).toMatchObject({ precondition: { status: { code: 0 } } })
  })
})

describe('configuration', () => {
  afterEach(async () => {
    rmSync(join(mixer.dir, 'extra.yaml'), { force: true })
    await expect.poll(() => textAt(mixer.metricsPort)).toMatch(/mixer_config_rule_config_error_count\{configID="\d+"\} 0\n/)
  })

  it('[mixer-48] leaves out a broken rule, says where it stands, and keeps the others', async () => {
    mixer.write(
      'extra.yaml',
      `apiVersion: config.istio.io/v1alpha2\nkind: rule\nmetadata: {name: broken, namespace: istio-system}\nspec:\n  match: request.path == 5\n  actions:\n  - {handler: refuse.denier, instances: [refused.checknothing]}\n`,
    )
    await expect.poll(() => textAt(mixer.metricsPort)).toMatch(/mixer_config_rule_config_error_count\{configID="\d+"\} 1\n/)
    expect(await mixer.check(CURL)).toMatchObject({ precondition: { status: { code: 7 } } })
    expect(await mixer.check(FIREFOX)).toMatchObject({ precondition: { status: { code: 0 } } })
    const [told] =
      mixer.children
        .get('mixer')
        ?.log.lines()
        .filter(line => line.includes('broken.rule')) ?? []
    expect(told).toContain('extra.yaml:1')
    expect(told).toContain('typeError got INT64, expected STRING')
  })

  it('[mixer-48] counts and cites a rule with an unknown field, and keeps the version before', async () => {
    const rule = (field: string): string =>
      `apiVersion: config.istio.io/v1alpha2\nkind: rule\nmetadata: {name: gate, namespace: shop}\nspec:\n  ${field}: request.path == "/gate"\n  actions:\n  - {handler: refuse.denier.istio-system, instances: [refused.checknothing.istio-system]}\n`
    const gate = { 'request.path': '/gate', 'destination.namespace': 'shop' }
    mixer.write('extra.yaml', rule('match'))
    await expect.poll(() => mixer.check(gate)).toMatchObject({ precondition: { status: { code: 7 } } })
    mixer.write('extra.yaml', rule('mtach'))
    await expect.poll(() => textAt(mixer.metricsPort)).toMatch(/mixer_config_rule_config_error_count\{configID="\d+"\} 1\n/)
    expect(mixer.children.get('mixer')?.log.all()).toContain('extra.yaml:5')
    expect(await mixer.check(gate)).toMatchObject({ precondition: { status: { code: 7 } } })
  })

  it('names a file that is no YAML, and keeps the rules in force', async () => {
    mixer.write('extra.yaml', 'kind: [rule\n  spec: }\n')
    const said = (): readonly string[] =>
      mixer.children
        .get('mixer')
        ?.log.lines()
        .filter(line => /extra\.yaml:\d/.test(line) && line.includes('"resource":""')) ?? []
    await expect.poll(() => said().length).toBeGreaterThan(0)
    expect(await mixer.check(CURL)).toMatchObject({ precondition: { status: { code: 7 } } })
  })

  it('[mixer-74] a new rule takes effect in 2 s under load while handlers and their counts stay', async () => {
    const stopAsking = keepAsking(mixer, FIREFOX)
    const before = await textAt(mixer.expositionPort)
    mixer.write(
      'extra.yaml',
      `apiVersion: config.istio.io/v1alpha2\nkind: rule\nmetadata: {name: closed, namespace: shop}\nspec:\n  match: request.path.startsWith("/closed")\n  actions:\n  - {handler: refuse.denier.istio-system, instances: [refused.checknothing.istio-system]}\n`,
    )
    const closed = { 'request.path': '/closed/1', 'destination.namespace': 'shop' }
    await expect.poll(() => mixer.check(closed), { timeout: 2_000 }).toMatchObject({ precondition: { status: { code: 7 } } })
    expect(await stopAsking()).toEqual([])
    expect(await mixer.check({ ...closed, 'destination.namespace': 'other' })).toMatchObject({ precondition: { status: { code: 0 } } })
    expect(await textAt(mixer.metricsPort)).toMatch(/mixer_handler_new_handler_count\{configID="\d+"\} 0\n/)
    expect(await textAt(mixer.expositionPort)).toBe(before)
  })
})

describe('a dead adapter', () => {
  it('[mixer-52] fails the checks that need it, and nothing else, until it is back', async () => {
    mixer.children.get('denier')?.process.kill('SIGKILL')
    await expect
      .poll(() => mixer.check(CURL))
      .toMatchObject({ code: status.INTERNAL, details: expect.stringContaining("adapter 'denier' at 127.0.0.1") })
    const start = performance.now()
    expect(await mixer.check(FIREFOX)).toMatchObject({ precondition: { status: { code: 0 } } })
    expect(await mixer.report([{ 'destination.service': 'details' }])).toBe('ok')
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(await textAt(mixer.expositionPort)).toContain('destination="details"')
    await mixer.restartDenier()
    await expect.poll(() => mixer.check(CURL), { timeout: 15_000 }).toMatchObject({ precondition: { status: { code: 7 } } })
  })
})
