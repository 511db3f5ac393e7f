import { formatViolation } from '@meshwork/core/result'
import { describe, expect, test } from 'vitest'
import { KINDS } from '../table.ts'

function messages(kind: string, content: unknown): readonly string[] {
  const definition = KINDS.find(one => one.kind === kind)
  return (definition?.check(content, 'spec') ?? []).map(formatViolation).toSorted()
}

describe('messages of the schema', () => {
  test('unknown fields, with the nearest name if there is one', () => {
    expect(messages('VirtualService', { hosts: ['a'], htpp: [], somethingElse: 1 })).toEqual([
      "spec.htpp: unknown field 'htpp' (did you mean 'http'?)",
      "spec.somethingElse: unknown field 'somethingElse'",
    ])
  })

  test('wrong types say what is there', () => {
    expect(
      messages('VirtualService', { hosts: 'a', http: [{ timeout: 5, match: [{ ignoreUriCase: 'yes', port: 1.5 }], headers: [] }] }),
    ).toEqual([
      'spec.hosts: must be a list, not the text "a"',
      'spec.http[0].headers: must be an object, not a list',
      'spec.http[0].match[0].ignoreUriCase: must be true or false, not the text "yes"',
      'spec.http[0].match[0].port: must be a whole number, not the number 1.5',
      'spec.http[0].timeout: must be a text, not the number 5',
    ])
  })

  test('values, durations and choices', () => {
    expect(
      messages('DestinationRule', {
        trafficPolicy: {
          tls: { mode: 'SIMPEL' },
          loadBalancer: { simple: 'RANDOM', consistentHash: {} },
          connectionPool: { tcp: { connectTimeout: '3' } },
        },
      }),
    ).toEqual([
      'spec.host: is required',
      "spec.trafficPolicy.connectionPool.tcp.connectTimeout: '3' is not a duration (write '5s', '1m30s' or '250ms')",
      'spec.trafficPolicy.loadBalancer: only one of simple and consistentHash may be set',
      `spec.trafficPolicy.tls.mode: "SIMPEL" is not one of DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL (did you mean 'SIMPLE'?)`,
    ])
  })

  test('keys with slashes and tildes', () => {
    expect(messages('Gateway', { selector: { 'a/b~c': 1 } })).toEqual(['spec.selector.a/b~c: must be a text, not the number 1'])
  })

  test('a hostile document makes no more than a hundred', () => {
    expect(messages('VirtualService', { hosts: Array(5000).fill(1) })).toHaveLength(100)
  })
})

test('schemas are structural: every node has a type, and nothing that a CRD cannot say', () => {
  const strange: string[] = []
  const visit = (schema: object, place: string): void => {
    if (!('type' in schema) && !('x-kubernetes-int-or-string' in schema)) strange.push(place)
    if (['oneOf', 'anyOf', 'allOf', 'not', '$ref', 'patternProperties'].some(keyword => keyword in schema)) strange.push(place)
    for (const [name, child] of Object.entries(schema)) {
      if (name === 'properties') for (const [property, one] of Object.entries<object>(child)) visit(one, `${place}.${property}`)
      else if ((name === 'items' || name === 'additionalProperties') && typeof child === 'object') visit(child, `${place}.${name}`)
    }
  }
  for (const { kind, schema } of KINDS) visit(schema, kind)
  expect(strange).toEqual([])
})
