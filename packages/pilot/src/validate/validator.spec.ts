import type { Fields } from '@meshwork/core/json'
import { readText } from '@meshwork/config/file'
import { type ConfigObject, objectKeyText } from '@meshwork/config/kinds'
import { keyOf } from '@meshwork/config/source'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import type { AdmissionRequest, AdmissionResponse } from './admission-review.ts'
import { admissionRequest, route } from './testdata/admission-request.ts'
import { Validator } from './validator.ts'

const WORLD = `
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: shop}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}]}
`

function knownObjects(text: string): ReadonlyMap<string, ConfigObject> {
  return new Map(readText(text, 'mesh.yaml').objects.map(object => [objectKeyText(keyOf(object)), object]))
}

function validatorOf(text: string): (request: AdmissionRequest) => AdmissionResponse {
  const objects = knownObjects(text)
  const validator = new Validator({ mesh: () => ({ objects, clusterDomain: 'cluster.local' }), clock: new ManualClock() })
  return request => validator.review(request).response
}

const named = (name: string, changes: Fields = {}): Fields => ({ ...route({}, { name }), ...changes })

test('a good object that fits into the mesh is let in without a word', () => {
  expect(validatorOf(WORLD)(admissionRequest(route()))).toEqual({ uid: 'u1', allowed: true })
})

test('what an analysis would find comes as warnings, of the new object alone', () => {
  const review = validatorOf(WORLD)
  const toNowhere = { hosts: ['ratings'], http: [{ route: [{ destination: { host: 'nobody' } }] }] }
  expect(review(admissionRequest(named('ratings', { spec: toNowhere })))).toEqual({
    uid: 'u1',
    allowed: true,
    warnings: [expect.stringMatching(/^IST0101 spec\.http\[0\]\.route\[0\]\.destination\.host: .*nobody.* \(.+\)$/)],
  })
  const conflict = review(admissionRequest(named('other')))
  expect(conflict.warnings).toEqual([expect.stringMatching(/^IST0109 .*shop\/reviews/)])
})

test('an update is judged in place of the object that it replaces', () => {
  expect(validatorOf(WORLD)(admissionRequest(route({ timeout: '1s' }), { operation: 'UPDATE', oldObject: route() }))).toEqual({
    uid: 'u1',
    allowed: true,
  })
})

test('outdated fields, and parts that no proxy would take, are warnings', () => {
  const spec = { hosts: ['reviews'], http: [{ fault: { abort: { percent: 5 } }, route: [{ destination: { host: 'reviews' } }] }] }
  const { allowed, warnings } = validatorOf(WORLD)(admissionRequest(named('reviews', { spec })))
  expect(allowed).toBe(true)
  expect(warnings).toContainEqual(expect.stringMatching(/^IST0002 .*percent/))
  expect(warnings).toContainEqual(expect.stringMatching(/^spec\.http\[0\]\.fault\.abort: is left out/))
})

test('a refusal names each place with its code and remedy, as kubectl lists causes', () => {
  const response = validatorOf(WORLD)(admissionRequest(route({ timeout: 'soon', retrie: {} }), { name: 'reviews' }))
  expect(response).toMatchObject({
    allowed: false,
    status: { status: 'Failure', code: 422, reason: 'Invalid', details: { kind: 'VirtualService', name: 'reviews' } },
  })
  expect(response.status?.['message']).toMatch(
    /^configuration is invalid: .*spec\.http\[0\]\.retrie: unknown field 'retrie' \(did you mean 'retries'\?\)/,
  )
  expect(response.status).toMatchObject({
    details: {
      causes: expect.arrayContaining([
        { reason: 'unknown-field', field: 'spec.http[0].retrie', message: "unknown field 'retrie' (did you mean 'retries'?)" },
      ]),
    },
  })
})

test('a hostile object gets an answer that can be read', () => {
  const unknown = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`x${i}`, 1]))
  const refused = validatorOf(WORLD)(admissionRequest(route(unknown)))
  expect(refused.status?.['message']).toMatch(/and 70 more$/)
  const http = Array.from({ length: 60 }, () => ({ route: [{ destination: { host: 'nobody' } }] }))
  const warned = validatorOf(WORLD)(admissionRequest(named('reviews', { spec: { hosts: ['reviews'], http } })))
  expect(warned.warnings).toHaveLength(21)
  expect(warned.warnings?.at(-1)).toMatch(/^and \d+ more: see 'meshctl analyze'$/)
})

test('kinds of others get in, and the author hears that the mesh does not read the object', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 'many' }] } }
  expect(validatorOf(WORLD)(admissionRequest(service))).toEqual({
    uid: 'u1',
    allowed: true,
    warnings: [expect.stringMatching(/^the mesh does not read it: spec\.ports\[0\]\.port: /)],
  })
})

test('in a mesh too large for the thread the object is still told about itself', () => {
  const service = (i: number): string => `---\napiVersion: v1\nkind: Node\nmetadata: {name: n${i}}\n`
  const review = validatorOf(Array.from({ length: 5001 }, (_, i) => service(i)).join(''))
  const spec = {
    hosts: ['reviews'],
    http: [{ fault: { abort: { httpStatus: 500, percent: 5 } }, route: [{ destination: { host: 'nobody' } }] }],
  }
  expect(review(admissionRequest(named('a', { spec }))).warnings).toEqual([expect.stringMatching(/^IST0002 /)])
})
