import { expect, test } from 'vitest'
import { readText } from '../../file/index.ts'

const rule = (spec: string, metadata = 'name: a'): string =>
  `{apiVersion: networking.istio.io/v1alpha3, kind: DestinationRule, metadata: {${metadata}}, spec: {${spec}}}`

test('field names in the spelling of the proto file, and enums by number, are the same object', () => {
  const [snake] = readText(
    rule(
      'host: a, traffic_policy: {load_balancer: {simple: 2}, port_level_settings: [{port: {number: 80}, tls: {mode: 1, subject_alt_names: [b]}}]}',
    ),
    't.yaml',
  ).objects
  const [camel] = readText(
    rule(
      'host: a, trafficPolicy: {loadBalancer: {simple: RANDOM}, portLevelSettings: [{port: {number: 80}, tls: {mode: SIMPLE, subjectAltNames: [b]}}]}',
    ),
    't.yaml',
  ).objects
  expect(snake?.spec).toEqual(camel?.spec)
  expect(snake?.spec).toMatchObject({ trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } })
})

test('names of labels are content and stay as they are', () => {
  const [object] = readText(rule('host: a, subsets: [{name: v, labels: {my_app: x}}]'), 't.yaml').objects
  expect(object?.spec).toMatchObject({ subsets: [{ labels: { my_app: 'x' } }] })
})

test.each([
  ['a field in both spellings', 'host: a, trafficPolicy: {}, traffic_policy: {}', "unknown field 'traffic_policy'"],
  ['a number that no name has', 'host: a, trafficPolicy: {tls: {mode: 17}}', 'must be a text'],
  ['a fraction', 'host: a, trafficPolicy: {tls: {mode: 0.5}}', 'must be a text'],
])('%s is refused', (_, spec, message) => {
  const { rejections } = readText(rule(spec), 't.yaml')
  expect(rejections.flatMap(({ violations }) => violations.map(v => v.message)).join()).toContain(message)
})

test('a violation in a field of the other spelling finds its line', () => {
  const text =
    'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec:\n  host: a\n  traffic_policy:\n    tls:\n      mode: NO\n'
  expect(readText(text, 't.yaml').rejections[0]?.violations).toMatchObject([{ path: 'spec.trafficPolicy.tls.mode', line: 8 }])
})
