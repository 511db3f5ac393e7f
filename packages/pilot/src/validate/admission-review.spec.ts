import { describe, expect, test } from 'vitest'
import { admissionReviewText, parseAdmissionReview } from './admission-review.ts'

const REVIEW = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'u1', operation: 'CREATE', object: { kind: 'x' } },
}

describe('parseAdmissionReview', () => {
  test.each(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'])('reads a review of %s', apiVersion => {
    expect(parseAdmissionReview(JSON.stringify({ ...REVIEW, apiVersion }))).toEqual({
      kind: 'ok',
      value: {
        apiVersion,
        request: { uid: 'u1', operation: 'CREATE', subResource: '', name: '', namespace: '', object: { kind: 'x' }, oldObject: undefined },
      },
    })
  })

  test.each([
    ['not JSON', '{', 'not a JSON object'],
    ['a list', '[]', 'not a JSON object'],
    ['another kind', JSON.stringify({ ...REVIEW, kind: 'TokenReview' }), 'no AdmissionReview'],
    ['another version', JSON.stringify({ ...REVIEW, apiVersion: 'admission.k8s.io/v2' }), 'admission.k8s.io/v1 or'],
    ['no request', JSON.stringify({ ...REVIEW, request: null }), 'no request'],
    ['no uid', JSON.stringify({ ...REVIEW, request: { operation: 'CREATE' } }), 'no uid'],
    ['no operation', JSON.stringify({ ...REVIEW, request: { uid: 'u' } }), 'no operation'],
    ['a nesting bomb', JSON.stringify(REVIEW).replace('"x"', '['.repeat(100_000) + ']'.repeat(100_000)), 'nested deeper than'],
  ])('refuses %s', (_, text, reason) => {
    expect(parseAdmissionReview(text)).toEqual({ kind: 'err', error: expect.stringContaining(reason) })
  })
})

test('answers in the version of the question', () => {
  const text = admissionReviewText('admission.k8s.io/v1beta1', { uid: 'u1', allowed: true })
  expect(JSON.parse(text)).toEqual({
    apiVersion: 'admission.k8s.io/v1beta1',
    kind: 'AdmissionReview',
    response: { uid: 'u1', allowed: true },
  })
})
