import { existsSync, readdirSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { DOUBTFUL_REQUESTS, type DoubtfulRequest } from '../differential/doubtful-requests.ts'
import { EXPLANATIONS } from '../differential/explanations.ts'
import { readBy } from '../differential/read-by.ts'
import { MISSING_PEERS, type Reader, startReaders } from '../differential/readers.ts'

/** Verdicts on one request by the reader's name. */
type Verdicts = ReadonlyMap<string, string>

const AT_ONCE = 16
/** Silence that ends a case, and that ends it when the first answer was not the expected one: the machine may be slow. */
const QUIET_MS = [400, 2000] as const

const LISTED: ReadonlyMap<string, readonly string[]> = new Map(EXPLANATIONS.flatMap(({ requests }) => Object.entries(requests)))

const missing = MISSING_PEERS.length === 0 ? '' : ` (${MISSING_PEERS.join(', ')} not installed; run \`npm run peers\`)`

describe.skipIf(missing !== '')(`what we, llhttp, haproxy, nginx and Envoy make of the same bytes${missing}`, () => {
  let readers: readonly Reader[] = []
  const read = new Map<string, Verdicts>()
  let cases = 0

  beforeAll(async () => {
    readers = await startReaders()
    for (let i = 0; i < DOUBTFUL_REQUESTS.length; i += AT_ONCE) {
      await Promise.all(DOUBTFUL_REQUESTS.slice(i, i + AT_ONCE).map(async request => read.set(request.name, await verdictsOf(request))))
    }
  })

  afterAll(async () => {
    await Promise.all(readers.map(reader => reader[Symbol.asyncDispose]()))
  })

  async function verdictsOf(request: DoubtfulRequest): Promise<Verdicts> {
    let verdicts: Verdicts = new Map()
    for (const quietMs of QUIET_MS) {
      const index = cases++
      verdicts = new Map(
        await Promise.all(readers.map(async reader => [reader.name, await readBy(reader, request, index, quietMs)] as const)),
      )
      if (sameNames(differing(verdicts), LISTED.get(request.name) ?? [])) break
    }
    return verdicts
  }

  it.for(DOUBTFUL_REQUESTS)('$name: read alike, or a decision says why not', ({ name }) => {
    const verdicts = read.get(name) ?? new Map()
    expect({ verdicts, differing: differing(verdicts).toSorted() }).toEqual({ verdicts, differing: (LISTED.get(name) ?? []).toSorted() })
  })

  it.for(DOUBTFUL_REQUESTS)('$name: nobody sees other boundaries than we do', ({ name }) => {
    const [ours = [], ...others] = Array.from(read.get(name)?.values() ?? [], messages)
    // Who serves fewer has refused the rest.
    for (const theirs of others) expect(commonStart(ours, theirs)).toEqual(commonStart(theirs, ours))
  })

  it('nothing of what we let through is unreadable to the upstream', () => {
    expect(Array.from(read.values(), verdicts => verdicts.get('meshwork')).filter(verdict => verdict?.includes('unreadable'))).toEqual([])
  })
})

describe('the list of explanations', () => {
  it('names requests that exist, once each, and decisions that are recorded', () => {
    const names = DOUBTFUL_REQUESTS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const listed = EXPLANATIONS.flatMap(({ requests }) => Object.keys(requests))
    expect(new Set(listed).size).toBe(listed.length)
    expect(listed.filter(name => !names.includes(name))).toEqual([])
    const records = new URL('../../../docs/decisions/', import.meta.url)
    const decisions = existsSync(records) ? readdirSync(records) : []
    for (const { decision } of EXPLANATIONS) expect(decisions.some(file => file.startsWith(`${decision}-`))).toBe(true)
  })
})

function differing(verdicts: Verdicts): readonly string[] {
  return [...verdicts].filter(([, verdict]) => verdict !== verdicts.get('meshwork')).map(([name]) => name)
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every(name => others.includes(name))
}

/** Requests whose first half is refused and whose second is served count from the second. */
function messages(verdict: string): readonly string[] {
  return verdict.split(' | ').filter(message => message.includes(' first') && !message.startsWith('unreadable'))
}

function commonStart(some: readonly string[], others: readonly string[]): readonly string[] {
  return some.slice(0, others.length)
}
