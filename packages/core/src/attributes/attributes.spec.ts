import { describe, expect, it } from 'vitest'
import {
  BatchCompressor,
  bagOf,
  compress,
  decompressLazily,
  decompressStrictly,
  Dictionary,
  encodeReferences,
  formatDurationText,
  formatInstantText,
  formatIpText,
  GLOBAL_DICTIONARY,
  instant,
  isStringMap,
  parseDurationText,
  parseInstantText,
  parseIpText,
  ReferenceCache,
  reportRecords,
  resolveReferences,
  stringMap,
  timeSpan,
  TrackingBag,
} from './index.ts'

const REQUEST = bagOf({
  'request.path': '/reviews',
  'response.code': 200n,
  'request.headers': stringMap(new Map([['x-user', 'ann']])),
  'response.duration': timeSpan(1_500_000_000n),
})

describe('compress', () => {
  it('uses the words that the peer knows and sends the others along', () => {
    const message = compress(bagOf({ 'source.name': 'new word', 'source.user': 'GET' }), GLOBAL_DICTIONARY)
    expect(message.words).toEqual(['new word'])
    expect(message.strings).toEqual({ 2: -1, 6: 90 })
  })

  it('gives back what went in, for a peer that knows no word', () => {
    const none = new Dictionary([])
    const back = decompressStrictly(compress(REQUEST, none), none)
    expect(back.kind === 'ok' && [...back.value.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual([
      'request.headers',
      'request.path',
      'response.code',
      'response.duration',
    ])
  })
})

describe('BatchCompressor', () => {
  it('refuses a record that lacks an attribute of the one before', () => {
    const batch = new BatchCompressor(GLOBAL_DICTIONARY)
    expect(batch.add(REQUEST)).toBe(true)
    expect(batch.add(bagOf({ 'request.path': '/other' }))).toBe(false)
    expect(batch.size).toBe(1)
  })

  it('is read back by reportRecords', () => {
    const batch = new BatchCompressor(GLOBAL_DICTIONARY)
    batch.add(bagOf({ 'response.code': 200n, 'source.name': 'a' }))
    batch.add(bagOf({ 'response.code': 503n, 'source.name': 'a' }))
    const { attributes, defaultWords } = batch.finish()
    expect(attributes[1]?.strings).toEqual({})
    const codes = Array.from(
      reportRecords(attributes, defaultWords, GLOBAL_DICTIONARY),
      r => r.kind === 'ok' && [r.value.get('response.code'), r.value.get('source.name')],
    )
    expect(codes).toEqual([
      [200n, 'a'],
      [503n, 'a'],
    ])
  })
})

describe('decompressStrictly', () => {
  it('names every index that no dictionary defines', () => {
    const message = { ...compress(bagOf({}), GLOBAL_DICTIONARY), strings: { 2: -7, 5000: 0 } }
    const decoded = decompressStrictly(message, GLOBAL_DICTIONARY)
    expect(decoded.kind === 'err' && decoded.error).toMatch(/index -7 .*index 5000 /)
    expect([...decompressLazily(message, GLOBAL_DICTIONARY).names()]).toEqual([])
  })
})

describe('references', () => {
  it('never writes a map key as index 0, which means no key', () => {
    const bag = new TrackingBag(bagOf({ 'request.headers': stringMap(new Map([['source.ip', 'x']])) }))
    const headers = bag.get('request.headers')
    if (isStringMap(headers)) headers.get('source.ip')
    const wire = encodeReferences(bag.references(), GLOBAL_DICTIONARY)
    expect(resolveReferences(wire, GLOBAL_DICTIONARY).references).toEqual([
      { name: 'request.headers', mapKey: 'source.ip', condition: 'exact' },
    ])
  })

  it('reports what it could not resolve', () => {
    const wire = { words: [], attributeMatches: [{ name: 0, condition: 3, regex: 'a.*', mapKey: 0 }] }
    expect(resolveReferences(wire, GLOBAL_DICTIONARY)).toEqual({ references: [], complete: false })
  })
})

describe('ReferenceCache', () => {
  const exact = [{ name: 'response.duration', mapKey: undefined, condition: 'exact' }] as const

  it('tells durations apart that differ by a nanosecond', () => {
    const cache = new ReferenceCache<string>(10)
    cache.set(bagOf({ 'response.duration': timeSpan(1n) }), exact, 'one', 100, 0)
    expect(cache.get(bagOf({ 'response.duration': timeSpan(1n) }), 0)).toBe('one')
    expect(cache.get(bagOf({ 'response.duration': timeSpan(2n) }), 0)).toBeUndefined()
  })

  it('keeps the most recently used and nothing that expired', () => {
    const cache = new ReferenceCache<string>(1)
    cache.set(bagOf({ 'response.duration': timeSpan(1n) }), exact, 'one', 100, 0)
    cache.set(bagOf({ 'response.duration': timeSpan(2n) }), exact, 'two', 100, 0)
    expect(cache.get(bagOf({ 'response.duration': timeSpan(1n) }), 0)).toBeUndefined()
    expect(cache.get(bagOf({ 'response.duration': timeSpan(2n) }), 100)).toBeUndefined()
    expect(cache.size).toBe(0)
  })
})

describe('texts', () => {
  it.each([
    ['1h30m', 5_400_000_000_000n, '1h30m0s'],
    ['.5s', 500_000_000n, '500ms'],
    ['-1.5h', -5_400_000_000_000n, '-1h30m0s'],
    ['20ms', 20_000_000n, '20ms'],
    ['0', 0n, '0s'],
    ['1us', 1_000n, '1µs'],
  ])('reads and prints the duration %s', (text, nanos, printed) => {
    expect(parseDurationText(text)).toEqual({ kind: 'ok', value: nanos })
    expect(formatDurationText(nanos)).toBe(printed)
  })

  it.each(['', 's', '5', '1h 3m', '1.2.3s', '300000h0m0s1d', '9999999h'])('refuses the duration %j', text => {
    expect(parseDurationText(text).kind).toBe('err')
  })

  it.each([
    ['2018-07-31T12:34:56.789+02:00', '2018-07-31T10:34:56.789000Z'],
    ['1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59.500000Z'],
  ])('reads and prints the time %s', (text, printed) => {
    const parsed = parseInstantText(text)
    expect(parsed.kind === 'ok' && formatInstantText(instant(parsed.value).epochNanos, 6)).toBe(printed)
  })

  it.each(['2018-02-30T00:00:00Z', '2018-07-31T24:00:00Z', '2018-07-31', 'AAA'])('refuses the time %s', text => {
    expect(parseInstantText(text).kind).toBe('err')
  })

  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['fe80::1', 'fe80::1'],
  ])('reads and prints the address %s', (text, printed) => {
    expect(formatIpText(parseIpText(text) ?? new Uint8Array())).toBe(printed)
  })
})
