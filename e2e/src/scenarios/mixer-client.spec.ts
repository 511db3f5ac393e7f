import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh, MeshReply } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, shop } from '../mesh/shop.ts'

/** `google.rpc.Code` by number: its name and the HTTP status it becomes (mixer.md 1.5). */
const CODES: readonly (readonly [code: number, name: string, http: number])[] = [
  [1, 'CANCELLED', 499],
  [2, 'UNKNOWN', 500],
  [3, 'INVALID_ARGUMENT', 400],
  [4, 'DEADLINE_EXCEEDED', 504],
  [5, 'NOT_FOUND', 404],
  [6, 'ALREADY_EXISTS', 409],
  [7, 'PERMISSION_DENIED', 403],
  [8, 'RESOURCE_EXHAUSTED', 429],
  [9, 'FAILED_PRECONDITION', 400],
  [10, 'ABORTED', 409],
  [11, 'OUT_OF_RANGE', 400],
  [12, 'UNIMPLEMENTED', 501],
  [13, 'INTERNAL', 500],
  [14, 'UNAVAILABLE', 503],
  [15, 'DATA_LOSS', 500],
  [16, 'UNAUTHENTICATED', 401],
]

/** A handler and a rule for each code, chosen by a request header. */
const DENIERS = CODES.map(
  ([code]) => `
apiVersion: config.istio.io/v1alpha2
kind: denier
metadata: {name: deny${code}, namespace: istio-system}
spec: {status: {code: ${code}, message: says no}}
---
apiVersion: config.istio.io/v1alpha2
kind: rule
metadata: {name: deny${code}, namespace: istio-system}
spec:
  match: request.headers["x-code"] == "${code}"
  actions: [{handler: deny${code}.denier, instances: [anything.checknothing]}]
`,
).join('---')

const NOTHING = `
apiVersion: config.istio.io/v1alpha2
kind: checknothing
metadata: {name: anything, namespace: istio-system}
spec: {}
---
`

/** `ben` has one instance, so that one sidecar counts everything. */
const BEN_SERVICE = 'ben:8000'

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('mixer', { deniers: NOTHING + DENIERS }))
  await eventually(async () => expect((await withCode('16')).status).toBe(401))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

function withCode(code: string): Promise<MeshReply> {
  return mesh.request(ANN, { host: BEN_SERVICE, headers: { 'x-code': code } })
}

async function counter(name: string): Promise<number> {
  const { body } = await mesh.page('sidecar/ben-v1', 'admin', '/stats?filter=mixer')
  return Number(new RegExp(`http_mixer_filter\\.${name}: (\\d+)`).exec(body)?.[1] ?? Number.NaN)
}

it('[mixer-4] gives every code its HTTP status, and its name with the message as body', async () => {
  for (const [code, name, http] of CODES) {
    const reply = await withCode(String(code))
    expect([reply.status, reply.body], name).toEqual([http, `${name}:deny${code}.denier.istio-system:says no`])
  }
  expect((await withCode('0')).status).toBe(200)
})

it('[mixer-14] keeps denials: the second denied request asks nobody', async () => {
  await withCode('7')
  const before = await counter('total_remote_check_calls')
  expect(before).toBeGreaterThan(0)
  for (let turn = 0; turn < 5; turn++) expect((await withCode('7')).status).toBe(403)
  expect(await counter('total_remote_check_calls')).toBe(before)
})

it('[mixer-19] reports three requests within a second in one call', async () => {
  await quiet()
  const reports = await counter('total_report_calls')
  const calls = await counter('total_remote_report_calls')
  for (let turn = 0; turn < 3; turn++) await withCode('0')
  expect(await counter('total_report_calls')).toBe(reports + 3)
  await eventually(async () => expect(await counter('total_remote_report_calls')).toBe(calls + 1), 3_000)
  await quiet()
  expect(await counter('total_remote_report_calls')).toBe(calls + 1)
})

/** Longer than a batch of reports waits. */
async function quiet(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 1_300))
}
