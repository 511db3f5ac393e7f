import { readdirSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { answerThrough } from '../differential/answer-through.ts'
import { differing, listedDifferences, type Verdicts, verdictsOf } from '../differential/compare.ts'
import { DOUBTFUL_REQUESTS } from '../differential/doubtful-requests.ts'
import { DOUBTFUL_RESPONSES } from '../differential/doubtful-responses.ts'
import { REQUEST_EXPLANATIONS, RESPONSE_EXPLANATIONS } from '../differential/explanations.ts'
import { readBy } from '../differential/read-by.ts'
import { type Backend, MISSING_PEERS, type Reader, startReaders } from '../differential/readers.ts'
import { RecordingBackend } from '../differential/recording-backend.ts'
import { ScriptedBackend } from '../differential/scripted-backend.ts'

const AT_ONCE = 16
/** Silence that ends a request's case: more of it when the first outcome was not the expected one. */
const QUIET_MS = [400, 2000]
/** Time that an answer gets. */
const ANSWER_MS = [700, 3000]

const missing = MISSING_PEERS.length === 0 ? '' : ` (${MISSING_PEERS.join(', ')} not installed; run \`npm run peers\`)`

function everyone<B extends Backend>(readers: readonly Reader<B>[], read: (reader: Reader<B>) => Promise<string>): Promise<Verdicts> {
  return Promise.all(readers.map(async reader => [reader.name, await read(reader)] as const)).then(verdicts => new Map(verdicts))
}

describe.skipIf(missing !== '')(`what we, llhttp, haproxy, nginx and Envoy make of the same request${missing}`, () => {
  const listed = listedDifferences(REQUEST_EXPLANATIONS)
  const read = new Map<string, Verdicts>()
  let readers: readonly Reader<RecordingBackend>[] = []
  let cases = 0

  beforeAll(async () => {
    readers = await startReaders(() => RecordingBackend.start())
    for (let i = 0; i < DOUBTFUL_REQUESTS.length; i += AT_ONCE) {
      const part = DOUBTFUL_REQUESTS.slice(i, i + AT_ONCE).map(async request => {
        const verdicts = await verdictsOf(QUIET_MS, listed.get(request.name) ?? [], quietMs => {
          const index = cases++
          return everyone(readers, reader => readBy(reader, request, index, quietMs))
        })
        read.set(request.name, verdicts)
      })
      await Promise.all(part)
    }
  })

  afterAll(async () => {
    await Promise.all(readers.map(reader => reader[Symbol.asyncDispose]()))
  })

  it.for(DOUBTFUL_REQUESTS)('$name: read alike, or a decision says why not', ({ name }) => {
    const verdicts = read.get(name) ?? new Map()
    expect({ verdicts, differing: differing(verdicts) }).toEqual({ verdicts, differing: (listed.get(name) ?? []).toSorted() })
  })

  it.for(DOUBTFUL_REQUESTS)('$name: nobody sees other boundaries than we do', ({ name }) => {
    const [ours = '', ...others] = Array.from(read.get(name)?.values() ?? [], firstOf)
    // Who serves nothing has refused it.
    for (const theirs of others) if (ours !== '' && theirs !== '') expect(theirs).toBe(ours)
  })

  it('nothing of what we let through is unreadable to the upstream', () => {
    expect(Array.from(read.values(), verdicts => verdicts.get('meshwork')).filter(verdict => verdict?.includes('unreadable'))).toEqual([])
  })
})

describe.skipIf(missing !== '')(`what they make of the same response${missing}`, () => {
  const listed = listedDifferences(RESPONSE_EXPLANATIONS)
  const read = new Map<string, Verdicts>()
  let readers: readonly Reader<ScriptedBackend>[] = []

  beforeAll(async () => {
    readers = await startReaders(() => ScriptedBackend.start())
    // One after the other: what one answer leaves on a connection to the upstream is found by the next request.
    for (const [index, response] of DOUBTFUL_RESPONSES.entries()) {
      const verdicts = await verdictsOf(ANSWER_MS, listed.get(response.name) ?? [], limitMs =>
        everyone(readers, reader => answerThrough(reader, response, index, limitMs)),
      )
      read.set(response.name, verdicts)
    }
  })

  afterAll(async () => {
    await Promise.all(readers.map(reader => reader[Symbol.asyncDispose]()))
  })

  it.for(DOUBTFUL_RESPONSES)('$name: read alike, or a decision says why not', ({ name }) => {
    const verdicts = read.get(name) ?? new Map()
    expect({ verdicts, differing: differing(verdicts) }).toEqual({ verdicts, differing: (listed.get(name) ?? []).toSorted() })
  })

  it('no answer reaches whoever asks next', () => {
    expect(Array.from(read.values(), verdicts => verdicts.get('meshwork')).filter(verdict => verdict?.includes('poisoned'))).toEqual([])
  })
})

describe.each([
  ['requests', DOUBTFUL_REQUESTS, REQUEST_EXPLANATIONS],
  ['responses', DOUBTFUL_RESPONSES, RESPONSE_EXPLANATIONS],
] as const)('the list of explanations of %s', (_of, corpus, explanations) => {
  it('names cases that exist, once each, and decisions that are recorded', () => {
    const names = corpus.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const listed = explanations.flatMap(({ cases }) => Object.keys(cases))
    expect(new Set(listed).size).toBe(listed.length)
    expect(listed.filter(name => !names.includes(name))).toEqual([])
    const decisions = readdirSync(new URL('../../../docs/decisions/', import.meta.url))
    for (const { decision } of explanations) expect(decisions.some(file => file.startsWith(`${decision}-`))).toBe(true)
  })
})

/** The doubtful message itself, if it arrived whole; what is behind it is the canary. */
function firstOf(verdict: string): string {
  return verdict.split(' | ').find(message => message.includes(' first') && !message.startsWith('unreadable')) ?? ''
}
