import { X509Certificate } from 'node:crypto'
import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { ocspAnswer } from '../engine/testdata/ocsp-answer.ts'
import { canonicalSerial, parseOcspResponse } from './ocsp-response.ts'
import { readStapling, stapleAnswer } from './staple-policy.ts'

let leaf: TestCertificate
let answer: Buffer

beforeAll(async () => {
  const ca = await createTestCa()
  leaf = await ca.issue('a.test')
  answer = ocspAnswer(ca.issuer, leaf.certificateChainPem)
})

test('the certificate and the end of an answer by OpenSSL', () => {
  const parsed = parseOcspResponse(answer)
  if (parsed.kind === 'err') throw new Error(parsed.error)
  expect(parsed.value.serialNumber).toBe(canonicalSerial(new X509Certificate(leaf.certificateChainPem).serialNumber))
  const minutes = ((parsed.value.nextUpdateMs ?? 0) - Date.now()) / 60_000
  expect(minutes).toBeGreaterThan(50)
  expect(minutes).toBeLessThanOrEqual(60)
})

test('answers without success and other bytes are refused', () => {
  const reasonOf = (bytes: Buffer): string => {
    const parsed = parseOcspResponse(bytes)
    return parsed.kind === 'err' ? parsed.error : ''
  }
  expect(reasonOf(Buffer.from('30030a0106', 'hex'))).toBe('is an OCSP response without success')
  expect(reasonOf(Buffer.from('30030a0100', 'hex'))).toBe('is an OCSP response without a body')
  expect(reasonOf(Buffer.alloc(0))).toBe('is not an OCSP response')
})

test('any bytes have an answer', () => {
  const places = fc.array(fc.tuple(fc.nat(answer.length - 1), fc.nat(255)), { maxLength: 8 })
  fc.assert(
    fc.property(places, fc.nat(answer.length), (changes, length) => {
      const bytes = Buffer.from(answer.subarray(0, length))
      for (const [at, value] of changes) if (at < length) bytes[at] = value
      return ['ok', 'err'].includes(parseOcspResponse(bytes).kind)
    }),
    { numRuns: 2000 },
  )
})

test('each policy without, with a good and with an old staple', () => {
  const certificate = new X509Certificate(leaf.certificateChainPem)
  const none = readStapling(certificate, undefined, 'lenient')
  const good = readStapling(certificate, answer, 'must')
  if (none.kind === 'err' || good.kind === 'err') throw new Error('cannot be read')
  const now = Date.now()
  const later = now + 7_200_000
  const answers = (['lenient', 'strict', 'must'] as const).map(policy => [
    stapleAnswer(none.value, policy, now),
    stapleAnswer(good.value, policy, now),
    stapleAnswer(good.value, policy, later),
  ])
  expect(answers).toEqual([
    ['omit', 'staple', 'omit'],
    ['omit', 'staple', 'refuse'],
    ['refuse', 'staple', 'refuse'],
  ])
  expect(stapleAnswer({ response: null, mustStaple: true }, 'lenient', now)).toBe('refuse')
})
