import { expect, test } from 'vitest'
import { virtualServiceShape } from './schema.ts'
import { validateVirtualService } from './validate.ts'
import { warnVirtualService } from './warn.ts'

const TO_B = { route: [{ destination: { host: 'b' } }] }
const spec = (route: object): ReturnType<typeof virtualServiceShape.read> => virtualServiceShape.read({ hosts: ['a'], http: [route] })
const request = (change: object): object => ({ ...TO_B, headers: { request: change } })
const response = (change: object): object => ({ ...TO_B, headers: { response: change } })

test.each<[string, object, string]>([
  ['a delay of no request', { ...TO_B, fault: { delay: { fixedDelay: '1s' } } }, 'spec.http[0].fault.delay.percentage'],
  ['a status that no proxy sends', { redirect: { uri: '/', redirectCode: 304 } }, 'spec.http[0].redirect.redirectCode'],
  ['a lonely weight', { route: [{ destination: { host: 'b' }, weight: 5 }] }, 'spec.http[0].route[0].weight'],
])('valid, with a warning: %s', (_, route, path) => {
  expect(validateVirtualService(spec(route))).toEqual([])
  expect(warnVirtualService(spec(route)).map(warning => warning.path)).toEqual([path])
})

test.each<[string, object, string]>([
  ['a single percent sign', request({ set: { x: '50%' } }), 'spec.http[0].headers.request.set.x'],
  ['a pseudo-header', request({ add: { ':path': '/' } }), 'spec.http[0].headers.request.add.:path'],
  ['removing the host', request({ remove: ['Host'] }), 'spec.http[0].headers.request.remove[0]'],
  ['a host in a response', response({ set: { host: 'a' } }), 'spec.http[0].headers.response.set.host'],
  ['two hosts', { ...request({ set: { host: 'x' } }), rewrite: { authority: 'y' } }, 'spec.http[0]'],
  ['a percent sign of 1.0', { ...TO_B, appendHeaders: { x: '%' } }, 'spec.http[0].appendHeaders.x'],
])('refused: %s', (_, route, path) => {
  expect(validateVirtualService(spec(route)).map(violation => violation.path)).toEqual([path])
})

test('a host may be set and is no header', () => {
  const route = request({ set: { ':authority': 'a.example.com' } })
  expect([...validateVirtualService(spec(route)), ...warnVirtualService(spec(route))]).toEqual([])
})
