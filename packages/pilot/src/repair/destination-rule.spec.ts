import { expect, test } from 'vitest'
import { readText } from '@meshwork/config/file'
import { repair } from './repair.ts'

function findingsFor(policy: string): readonly string[] {
  const text = `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: a, namespace: default}, spec: {host: a, ${policy}}}`
  const { objects, rejections } = readText(text, 'test.yaml')
  expect(rejections).toEqual([])
  return objects.flatMap(object => repair(object).findings.map(({ path, code }) => `${path} ${code}`))
}

test('a tunnel by POST is reported, one by CONNECT is not', () => {
  const tunnel = (protocol: string): string => `trafficPolicy: {tunnel: {protocol: ${protocol}, targetHost: x.test, targetPort: 443}}`
  expect(findingsFor(tunnel('POST'))).toEqual(['spec.trafficPolicy.tunnel not-supported'])
  expect(findingsFor(tunnel('CONNECT'))).toEqual([])
})
