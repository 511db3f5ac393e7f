import { join } from 'node:path'
import type { Clock } from '@meshwork/core/time'
import type { MeshState } from '../local/state/mesh-state.ts'
import type { Hop } from './bookinfo-answer.ts'
import { changeLive } from './change-live.ts'
import { inboundCounts } from './count-requests.ts'
import { readWeights, saveWeights } from './edit-weights.ts'
import { splitHolds, versionShares } from './measure-split.ts'
import type { DemoReport, Finding, HopIdentity, LiveChange, ServiceCount, VersionShare } from './report.ts'
import { isWhole, PRODUCT_PATH, type Visit, Visitor } from './visitor.ts'

export interface OnceOptions {
  readonly state: MeshState
  /** The copy of the configuration that the mesh watches. */
  readonly config: string
  readonly requests: number
  readonly clock: Clock
}

/** A change must be effective within a second (issue: edit to traffic). */
const EFFECT_WITHIN_MS = 1000
const AT_ONCE = 8

/** A bounded run through the gateway of a running sample mesh. Everything in the report was observed, nothing is assumed. */
export async function runOnce({ state, config, requests, clock }: OnceOptions): Promise<DemoReport> {
  const visitor = new Visitor(state.gateways[0]?.url ?? '')
  try {
    const before = await inboundCounts(state)
    const visits = await visitMany(visitor, requests)
    const counts = countedRequests(before, await inboundCounts(state), visits)
    const pages = visits.flatMap(visit => (visit.hops === undefined ? [] : [visit.hops]))
    const file = join(config, 'reviews.yaml')
    const split = versionShares(pages, 'reviews', await readWeights(file))
    const denied = await visitor.get(`${PRODUCT_PATH}/ratings`, { 'end-user': 'mallory' })
    const allowed = await visitor.get(`${PRODUCT_PATH}/ratings`, { 'end-user': 'alice' })
    const change = await changeLive(visitor, { service: 'reviews', to: 'v3', save: () => saveWeights(file, new Map([['v3', 100]])) }, clock)
    const identities = hopIdentities(state, pages)
    const findings = [
      wholeFinding(visits),
      countFinding(counts),
      identityFinding(identities),
      splitFinding(split),
      deniedFinding(denied, allowed),
      changeFinding(change),
    ]
    return { findings, requests: counts, identities, split, denied: { status: denied.status, message: shorten(denied.text) }, change }
  } finally {
    await visitor.close()
  }
}

async function visitMany(visitor: Visitor, total: number): Promise<readonly Visit[]> {
  const visits: Visit[] = []
  let left = total
  const one = async (): Promise<void> => {
    while (left-- > 0) visits.push(await visitor.get(PRODUCT_PATH))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return visits
}

function countedRequests(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  visits: readonly Visit[],
): readonly ServiceCount[] {
  const hops = visits.flatMap(visit => visit.hops ?? [])
  return [...after].map(([workload, count]) => ({
    workload,
    counted: count - (before.get(workload) ?? 0),
    expected: hops.filter(hop => `${hop.service}-${hop.version}` === workload).length,
  }))
}

/** Who calls whom in the sample. */
const CALLERS: readonly (readonly [string, string])[] = [
  ['details', 'productpage'],
  ['reviews', 'productpage'],
  ['ratings', 'reviews'],
]

function hopIdentities(state: MeshState, pages: readonly (readonly Hop[])[]): readonly HopIdentity[] {
  const identityOf = (service: string): string => state.processes.find(each => each.name.startsWith(`sidecar/${service}-`))?.identity ?? ''
  const gateway = state.processes.find(each => each.role === 'gateway')?.identity ?? ''
  const expected = [['productpage', gateway] as const, ...CALLERS.map(([service, caller]) => [service, identityOf(caller)] as const)]
  return expected.map(([service, caller]) => {
    const seen = pages.flatMap(hops => hops.filter(hop => hop.service === service).map(hop => hop.caller ?? 'plain text'))
    return { service, expected: caller, seen: [...new Set(seen)] }
  })
}

function wholeFinding(visits: readonly Visit[]): Finding {
  const broken = visits.filter(visit => !isWhole(visit))
  const [first] = broken
  const detail = `${visits.length - broken.length} of ${visits.length} pages were whole`
  return finding(
    'every page is whole',
    broken.length === 0,
    first === undefined ? detail : `${detail}; first other: ${first.status} ${shorten(first.text)}`,
  )
}

function countFinding(counts: readonly ServiceCount[]): Finding {
  const wrong = counts.filter(each => each.counted !== each.expected)
  const detail = wrong.map(each => `${each.workload} counted ${each.counted}, answered ${each.expected}`).join(', ')
  return finding('sidecars count what was answered', wrong.length === 0, detail || `${counts.length} sidecars agree with the answers`)
}

function identityFinding(identities: readonly HopIdentity[]): Finding {
  const wrong = identities.filter(({ expected, seen }) => seen.length !== 1 || seen[0] !== expected)
  const detail = wrong
    .map(({ service, expected, seen }) => `${service} was called by ${seen.join(' and ') || 'nobody'}, not ${expected}`)
    .join('; ')
  return finding('every hop carries the identity of its caller', wrong.length === 0, detail || `${identities.length} hops, all mutual TLS`)
}

function splitFinding(split: readonly VersionShare[]): Finding {
  const detail = split.map(each => `${each.version} ${each.measuredPercent} % of ${each.configuredPercent} %`).join(', ')
  return finding('traffic is split as configured', splitHolds(split), detail)
}

function deniedFinding(denied: Visit, allowed: Visit): Finding {
  const held = denied.status === 403 && denied.text.includes('mallory may not read ratings') && allowed.status === 200
  return finding(
    'mixer denies one visitor and no other',
    held,
    `mallory: ${denied.status} ${shorten(denied.text)}; alice: ${allowed.status}`,
  )
}

function changeFinding({ requests, failed, effectiveAfterMs }: LiveChange): Finding {
  const held = failed === 0 && effectiveAfterMs <= EFFECT_WITHIN_MS
  return finding(
    'a saved file changes traffic and loses nothing',
    held,
    `${failed} of ${requests} requests failed, effective after ${effectiveAfterMs} ms`,
  )
}

function finding(what: string, held: boolean, detail: string): Finding {
  return { what, held, detail }
}

const LONGEST = 200

function shorten(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST)
}
