import type { Answer, Note } from '../pod/messages.ts'
import { compareBounds, compareCounts, percentages, tally } from './compare-counts.ts'
import { compareHeaders } from './compare-headers.ts'
import { compareUpstream } from './compare-upstream.ts'
import type { Must } from './must.ts'

/** What one request of a scenario gave: an answer per repetition and what reached the endpoints. */
export interface Observation {
  readonly answers: readonly Answer[]
  readonly notes: readonly Note[]
  /** Tries that depend on time may differ by this many. */
  readonly triesSlack: number
  /** Endpoints among which chance chooses, as shares of the scenario say. */
  readonly byChance?: ReadonlySet<string>
}

/** One rule of a `must`; gives a sentence per difference, nothing when the key is absent. */
type Rule = (must: Must, seen: Observation) => readonly string[]

const NO_ANSWER: Answer = { outcome: 'error:none', status: 0, endpoint: null, headers: [], body: '', serverCert: [], durationMs: 0 }

function first(seen: Observation): Answer {
  return seen.answers[0] ?? NO_ANSWER
}

function statusOf(answer: Answer): string {
  return answer.status === 0 ? answer.outcome : String(answer.status)
}

function differs(place: string, expected: unknown, actual: unknown): readonly string[] {
  return [`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`]
}

const status: Rule = (must, seen) => {
  if (must.status === undefined || must.status === first(seen).status) return []
  return differs('status', must.status, statusOf(first(seen)))
}

const outcome: Rule = (must, seen) => {
  if (must.outcome === undefined) return []
  const kind = (text: string): string => (text.startsWith('error:') ? 'error' : text)
  return kind(must.outcome) === kind(first(seen).outcome) ? [] : differs('outcome', must.outcome, statusOf(first(seen)))
}

const endpoint: Rule = (must, seen) => {
  const name = first(seen).endpoint
  if (must.endpoint !== undefined && must.endpoint !== name) return differs('endpoint', must.endpoint, name)
  if (must.endpointOneOf !== undefined && !must.endpointOneOf.some(one => one === name))
    return differs('endpoint', must.endpointOneOf, name)
  return []
}

const upstreamRequests: Rule = (must, seen) => {
  if (must.upstreamRequests === undefined) return []
  if (typeof must.upstreamRequests === 'number') {
    const off = Math.abs(must.upstreamRequests - seen.notes.length)
    return off <= seen.triesSlack ? [] : differs('requests upstream', must.upstreamRequests, seen.notes.length)
  }
  // Where a proxy made the answer, nothing but chance says which of them got the request.
  const chance = must.endpoint === null ? seen.byChance : undefined
  const label = (name: string): string => (chance?.has(name) === true ? 'any of the share' : name)
  const expected = tally(Object.entries(must.upstreamRequests).flatMap(([name, count]) => Array.from({ length: count }, () => label(name))))
  return compareCounts('requests upstream', expected, tally(seen.notes.map(note => label(note.endpoint))), seen.triesSlack)
}

const upstream: Rule = (must, seen) => {
  // Where a proxy made the answer, what counts is the last try.
  const name = first(seen).endpoint ?? seen.notes.at(-1)?.endpoint ?? '-'
  const own = must.upstream === undefined ? [] : compareUpstream(name, must.upstream, seen.notes)
  const others = Object.entries(must.otherUpstream ?? {}).flatMap(([other, expected]) => compareUpstream(other, expected, seen.notes))
  return [...own, ...others]
}

const answer: Rule = (must, seen) => {
  const headers = compareHeaders('answer', must.responseHeaders ?? {}, first(seen).headers)
  const body = must.body === undefined || must.body === first(seen).body ? [] : differs('body', must.body, first(seen).body)
  const cert =
    must.serverCert === undefined || first(seen).serverCert.join(',') === must.serverCert
      ? []
      : differs('server certificate', must.serverCert, first(seen).serverCert)
  return [...headers, ...body, ...cert]
}

/** Only the lower bound is firm: this machine may be busy. */
const BUSY_FACTOR = 3

const duration: Rule = (must, seen) => {
  if (must.durationMs === undefined) return []
  const { min = 0, max = Infinity } = must.durationMs
  const actual = first(seen).durationMs
  return actual >= min && actual <= max * BUSY_FACTOR ? [] : differs('milliseconds', must.durationMs, actual)
}

const exactCounts: Rule = (must, seen) => {
  const statuses = must.statuses === undefined ? [] : compareCounts('statuses', must.statuses, tally(seen.answers.map(statusOf)), 0)
  const names = tally(seen.answers.map(one => one.endpoint ?? '-'))
  return [...statuses, ...(must.endpoints === undefined ? [] : compareCounts('endpoints', must.endpoints, names, 0))]
}

const shares: Rule = (must, seen) => {
  const slack = must.tolerancePoints ?? 0
  const total = seen.answers.length
  const share = must.share ?? {}
  const byStatus = Object.keys(share).some(key => /^\d+$/.test(key))
  const keys = seen.answers.map(one => (byStatus ? statusOf(one) : (one.endpoint ?? '-')))
  const upstreamShare = percentages(tally(seen.notes.map(note => note.endpoint)), total)
  return [
    ...(must.share === undefined ? [] : compareCounts('share', share, percentages(tally(keys), total), slack)),
    ...(must.upstreamPercentOfRequests === undefined
      ? []
      : compareCounts('upstream percent', must.upstreamPercentOfRequests, upstreamShare, slack)),
  ]
}

const spread: Rule = (must, seen) => {
  const names = tally(seen.answers.map(one => one.endpoint ?? '-'))
  const statuses = tally(seen.answers.map(statusOf))
  const rule = must.rule ?? {}
  const distinct = Object.keys(names).filter(name => name !== '-').length
  return [
    ...(must.allSameEndpoint === true && (distinct !== 1 || '-' in names) ? differs('all from one endpoint', true, names) : []),
    ...compareBounds('answers with status', rule.statusCount ?? {}, statuses),
    ...compareBounds('percent from', rule.endpointPercent ?? {}, percentages(names, seen.answers.length)),
    ...(rule.minEndpoints !== undefined && distinct < rule.minEndpoints ? differs('different endpoints', rule.minEndpoints, names) : []),
    ...(must.outcomesObservedInclude ?? []).flatMap(one => (one in statuses ? [] : differs('outcomes', one, statuses))),
  ]
}

const RULES: readonly Rule[] = [status, outcome, endpoint, upstreamRequests, upstream, answer, duration, exactCounts, shares, spread]

const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'status',
  'outcome',
  'endpoint',
  'endpointOneOf',
  'upstreamRequests',
  'upstream',
  'otherUpstream',
  'responseHeaders',
  'body',
  'serverCert',
  'durationMs',
  'statuses',
  'endpoints',
  'share',
  'tolerancePoints',
  'upstreamPercentOfRequests',
  'allSameEndpoint',
  'rule',
  'outcomesObservedInclude',
])

/** Every difference between a recorded `must` and what was seen. A key nobody checks counts as a difference. */
export function check(must: Must, seen: Observation): readonly string[] {
  const unknown = Object.keys(must).filter(key => !KNOWN_KEYS.has(key))
  return [...unknown.map(key => `nobody checks '${key}'`), ...RULES.flatMap(rule => rule(must, seen))]
}

/** Whether late copies and retries could still change the verdict on `upstreamRequests`. */
export function awaitsMoreUpstream(must: Must, notes: readonly Note[]): boolean {
  const seen = { answers: [], notes, triesSlack: 0 }
  return (
    upstreamRequests(must, seen).length > 0 ||
    (must.otherUpstream !== undefined && upstream({ otherUpstream: must.otherUpstream }, seen).length > 0)
  )
}
