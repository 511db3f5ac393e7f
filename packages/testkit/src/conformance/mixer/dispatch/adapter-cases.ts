import { type Adapter, type AdapterHandler, AdapterServer, type QuotaAsk } from '@meshwork/adapter-sdk'
import { bagOf } from '@meshwork/core/attributes'
import { systemClock } from '@meshwork/core/time'
import type { ConfigObject } from '@meshwork/config/kinds'
import { buildRoutingTable, Dispatcher } from '@meshwork/mixer/dispatch'
import { TEMPLATES } from '@meshwork/mixer/encode'
import { HandlerTable } from '@meshwork/mixer/handler'
import { buildSnapshot } from '@meshwork/mixer/snapshot'
import type { CaseResult } from '../../suite.ts'
import { equal, type Findings } from '../expectation.ts'

interface Row {
  readonly name: string
  readonly answers?: readonly { readonly amount?: number; readonly validDurationMs?: number; readonly error?: string }[]
  readonly error?: string
  readonly errorContains?: string
  readonly instanceError?: string
  readonly adapterCalled?: boolean
  readonly request?: { readonly quota: string; readonly amount: number; readonly bestEffort: boolean; readonly dedup: string }
  readonly adapterSees?: { readonly amount: number; readonly bestEffort: boolean; readonly dedup: string }
  readonly result?: { readonly amount: number; readonly validDurationMs: number; readonly code?: number }
}

export interface AdapterRecording {
  readonly check: readonly Row[]
  readonly report: readonly Row[]
  readonly quota: readonly Row[]
  readonly attributeGeneration: readonly { readonly name: string }[]
}

const MS = 1_000_000n
const FAR_MS = Number.MAX_SAFE_INTEGER

/** An adapter whose answers the case decides, and that remembers what it was asked. */
class ScriptedAdapter implements AdapterHandler {
  readonly asked: QuotaAsk[] = []
  calls = 0
  private readonly row: Row

  constructor(row: Row) {
    this.row = row
  }

  checkNothing(): never {
    this.calls++
    throw new Error(this.row.answers?.[0]?.error ?? this.row.errorContains ?? 'scripted')
  }

  metric(): never {
    this.calls++
    throw new Error(this.row.errorContains ?? 'scripted')
  }

  quota(_instance: unknown, ask: QuotaAsk): { readonly amount: bigint; readonly validNanos: bigint } {
    this.calls++
    this.asked.push(ask)
    const [answer] = this.row.answers ?? []
    return { amount: BigInt(answer?.amount ?? 0), validNanos: BigInt(answer?.validDurationMs ?? 0) * MS }
  }
}

function object(kind: string, name: string, spec: unknown): ConfigObject {
  const meta = { name, namespace: 'istio-system', labels: {}, annotations: {}, createdAt: 0, resourceVersion: '' }
  return { kind, apiVersion: 'config.istio.io/v1alpha2', meta, spec, origin: { file: 'recording', line: 1 } }
}

/** Runs `use` with a dispatcher whose only rule sends `instance` to the scripted adapter. */
async function dispatching(
  scripted: ScriptedAdapter,
  instance: ConfigObject,
  match: string,
  use: (dispatcher: Dispatcher) => Promise<Findings>,
): Promise<Findings> {
  const adapter: Adapter<undefined> = {
    name: 'scripted',
    paramsType: 'scripted.Params',
    decodeParams: () => undefined,
    build: () => scripted,
  }
  const server = new AdapterServer(adapter, { kind: 'tcp', host: '127.0.0.1', port: 0 })
  const handlers = new HandlerTable(systemClock)
  try {
    await server.start()
    const rule = object('rule', 'r', { match, actions: [{ handler: 'h.scripted', instances: [`${instance.meta.name}.${instance.kind}`] }] })
    const manifest = object('attributemanifest', 'm', { attributes: { 'destination.name': { valueType: 'STRING' } } })
    const info = {
      name: 'scripted',
      templates: ['checknothing', 'listentry', 'metric', 'quota'],
      paramsType: 'scripted.Params',
      params: { fields: [] },
    }
    const snapshot = buildSnapshot([manifest, object('scripted', 'h', { params: {} }), instance, rule], {
      attributes: new Map(),
      adapters: new Map([['scripted', info]]),
      templates: TEMPLATES,
      adapterAddresses: new Map([['scripted', `127.0.0.1:${server.port}`]]),
    })
    const { byName } = handlers.apply(snapshot.handlers.values())
    const table = buildRoutingTable(snapshot, 'istio-system')
    return await use(new Dispatcher({ table, connections: byName, clock: systemClock, observe: () => undefined }))
  } finally {
    await handlers.close()
    await server.close()
  }
}

/** Go's words for a crash are its own; that the crash is an error is what counts. */
function containsText(errors: readonly string[], wanted: string): Findings {
  const crash = wanted.startsWith('panic')
  return errors.length > 0 && (crash || errors.join().includes(wanted)) ? [] : equal('errors', errors, wanted)
}

function checkRow(row: Row): Promise<Findings> {
  return dispatching(new ScriptedAdapter(row), object('checknothing', 'i', { params: {} }), '', async dispatcher => {
    const outcome = await dispatcher.check(bagOf({}), FAR_MS)
    return containsText(outcome.kind === 'err' ? outcome.errors : [], row.answers?.[0]?.error ?? row.errorContains ?? '')
  })
}

/** An instance that cannot be made reads an attribute that the request lacks. */
function brokenInstance(): Promise<Findings> {
  const scripted = new ScriptedAdapter({ name: '' })
  return dispatching(scripted, object('listentry', 'i', { params: { value: 'destination.name' } }), '', async dispatcher => {
    const outcome = await dispatcher.check(bagOf({}), FAR_MS)
    return [...equal('outcome', outcome.kind, 'err'), ...equal('adapter calls', scripted.calls, 0)]
  })
}

function reportRow(row: Row): Promise<Findings> {
  return dispatching(new ScriptedAdapter(row), object('metric', 'i', { params: { value: '1' } }), '', async dispatcher => {
    const session = dispatcher.report()
    session.add(bagOf({}))
    await session.flush(FAR_MS)
    return containsText(session.errors, row.errorContains ?? '')
  })
}

function quotaRow(row: Row): Promise<Findings> {
  const { request = { quota: 'iquota1', amount: 1, bestEffort: true, dedup: 'd' } } = row
  const scripted = new ScriptedAdapter(row)
  const match = row.name === 'condition does not match' ? 'match(destination.name, "foo*")' : ''
  return dispatching(scripted, object('quota', 'iquota1', { params: {} }), match, async dispatcher => {
    const ask = { amount: BigInt(request.amount), bestEffort: request.bestEffort }
    const outcome = await dispatcher.quota(bagOf({}), request.quota, ask, request.dedup, FAR_MS)
    const [seen] = scripted.asked
    return [
      ...(row.adapterSees === undefined
        ? []
        : equal(
            'seen',
            { ...seen },
            { amount: row.adapterSees.amount.toString(), bestEffort: row.adapterSees.bestEffort, dedupId: row.adapterSees.dedup },
          )),
      ...(row.adapterCalled === undefined ? [] : equal('called', scripted.calls > 0, row.adapterCalled)),
      ...(row.result === undefined || outcome.kind === 'err'
        ? equal('outcome', outcome.kind, 'ok')
        : quotaResult(outcome.value, row.result)),
    ]
  })
}

function quotaResult(got: { readonly grantedAmount: bigint; readonly validNanos: bigint }, want: NonNullable<Row['result']>): Findings {
  const status = want.code === undefined ? [] : [`quota answers of adapter processes carry no status (mixer.md 7.3), want ${want.code}`]
  return [
    ...equal('amount', got.grantedAmount, BigInt(want.amount)),
    ...equal('validity', got.validNanos, BigInt(want.validDurationMs) * MS),
    ...status,
  ]
}

async function result(name: string, findings: Promise<Findings>): Promise<CaseResult> {
  const found = await findings
  return found.length === 0 ? { name, passed: true } : { name, passed: false, detail: found.join('; ') }
}

/** Cases that need an adapter to answer, or to fail. */
export async function* adapterCases(recording: AdapterRecording): AsyncIterable<CaseResult> {
  for (const row of recording.check.filter(check => check.error !== undefined || check.errorContains !== undefined)) {
    yield await result(`check ${row.name}`, row.instanceError === undefined ? checkRow(row) : brokenInstance())
  }
  for (const row of recording.report) yield await result(`report ${row.name}`, reportRow(row))
  for (const row of recording.quota) yield await result(`quota ${row.name}`, quotaRow(row))
  for (const { name } of recording.attributeGeneration)
    yield { name: `generation ${name}`, passed: false, detail: 'attribute generation is not built yet' }
}
