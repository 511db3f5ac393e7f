import { type AttributeValue, bagOf } from '@meshwork/core/attributes'
import { HandleCheckNothingRequest } from '@meshwork/protos/istio/mixer/template/checknothing'
import { InstanceMsg } from '@meshwork/protos/istio/mixer/template/metric'
import { Params as DenierParams } from '@meshwork/protos/istio/mixer/adapter/config/denier'
import { Params as PrometheusParams } from '@meshwork/protos/istio/mixer/adapter/config/prometheus'
import { Any } from '@meshwork/protos/google/protobuf/any'
import { describe, expect, it } from 'vitest'
import { Failure, FUNCTION_TABLE, languageOf } from '../lang/index.ts'
import { ADAPTERS, type AdapterInfo, compileInstance, encodeParams, encodeRequest, type Template, TEMPLATES } from './index.ts'

const LANGUAGE = languageOf(
  new Map([
    ['path', 'STRING'],
    ['size', 'INT64'],
    ['took', 'DURATION'],
    ['ip', 'IP_ADDRESS'],
    ['headers', 'STRING_MAP'],
  ]),
  FUNCTION_TABLE,
)

function template(name: string): Template {
  const found = TEMPLATES.get(name)
  if (found === undefined) throw new Error(`no template ${name}`)
  return found
}

function adapter(name: string): AdapterInfo {
  const found = ADAPTERS.get(name)
  if (found === undefined) throw new Error(`no adapter ${name}`)
  return found
}

function metric(params: Readonly<Record<string, unknown>>, attributes: Readonly<Record<string, AttributeValue>>): InstanceMsg | string {
  const compiled = compileInstance(template('metric'), 'm.metric.ns', params, LANGUAGE)
  if (compiled.kind === 'err') return `${compiled.error.path}: ${compiled.error.message}`
  const bytes = compiled.value.encode(bagOf(attributes))
  return bytes instanceof Failure ? bytes.message : InstanceMsg.decode(bytes)
}

describe('compileInstance', () => {
  it('writes a value of each type under its own field', () => {
    const dimensions = { text: 'path', number: 'size', time: 'took', address: 'ip', literal: 1.5, flag: true }
    const attributes = { path: '/a', size: -7n, took: { kind: 'span', nanos: 1_500_000_000n }, ip: Uint8Array.of(1, 2, 3, 4) } as const
    expect(metric({ value: 'size | 0', dimensions, monitoredResourceType: '"x"' }, attributes)).toMatchObject({
      name: 'm.metric.ns',
      value: { value: { $case: 'int64Value', value: -7n } },
      monitoredResourceType: 'x',
      dimensions: {
        text: { value: { $case: 'stringValue', value: '/a' } },
        number: { value: { $case: 'int64Value', value: -7n } },
        time: { value: { $case: 'durationValue', value: { value: { seconds: 1n, nanos: 500_000_000 } } } },
        address: { value: { $case: 'ipAddressValue', value: { value: Uint8Array.of(1, 2, 3, 4) } } },
        literal: { value: { $case: 'doubleValue', value: 1.5 } },
        flag: { value: { $case: 'boolValue', value: true } },
      },
    })
  })

  it('fails as a whole when an attribute is missing', () => {
    expect(metric({ value: '1', dimensions: { text: 'path' } }, {})).toBe("lookup failed: 'path'")
  })

  it('leaves out what is empty', () => {
    expect(metric({ value: '', dimensions: {} }, {})).toMatchObject({ value: undefined, dimensions: {} })
  })

  it.each([
    [{ value: 'headers' }, 'spec.value: a field of type Value cannot hold a STRING_MAP'],
    [{ monitored_resource_type: 'size' }, "spec.monitored_resource_type: expression 'size' has type INT64, expected type STRING"],
    [{ dimensions: { a: 'nosuch' } }, 'spec.dimensions.a: unknown attribute nosuch'],
    [{ dimensions: 'path' }, 'spec.dimensions: must be an object'],
  ])('refuses %j', (params, message) => {
    expect(metric(params, {})).toBe(message)
  })
})

describe('encodeParams', () => {
  it('writes what the adapter reads', () => {
    const params = { status: { code: 7, message: 'no' }, validDuration: '1m30s', valid_use_count: 3 }
    const encoded = encodeParams(adapter('denier'), params)
    const any = Any.decode(encoded.kind === 'ok' ? encoded.value : new Uint8Array())
    expect(any.typeUrl).toBe('type.googleapis.com/adapter.denier.config.Params')
    expect(DenierParams.decode(any.value)).toMatchObject({
      status: { code: 7, message: 'no' },
      validDuration: { seconds: 90n },
      validUseCount: 3,
    })
  })

  it('writes nested messages, lists and enums', () => {
    const metrics = [{ name: 'm', kind: 'DISTRIBUTION', label_names: ['a', 'b'], buckets: { explicit_buckets: { bounds: [1, 2.5] } } }]
    const encoded = encodeParams(adapter('prometheus'), { metrics })
    const any = Any.decode(encoded.kind === 'ok' ? encoded.value : new Uint8Array())
    expect(PrometheusParams.decode(any.value).metrics[0]).toMatchObject({
      kind: 3,
      labelNames: ['a', 'b'],
      buckets: { definition: { $case: 'explicitBuckets', value: { bounds: [1, 2.5] } } },
    })
  })

  it.each([
    [{ metrics: [{ kind: 'COUNTR' }] }, 'spec.metrics[0].kind'],
    [{ metrics: [{ kind: 2 }] }, 'spec.metrics[0].kind'],
    [{ metrics: {} }, 'spec.metrics'],
    [{ metrics: [{ buckets: { explicit_buckets: { bounds: ['1'] } } }] }, 'spec.metrics[0].buckets.explicit_buckets.bounds[0]'],
  ])('refuses %j and says where', (params, path) => {
    const encoded = encodeParams(adapter('prometheus'), params)
    expect(encoded.kind === 'err' && encoded.error.path).toBe(path)
  })
})

it('encodeRequest puts instance, configuration and id where adapters look for them', () => {
  const compiled = compileInstance(template('checknothing'), 'n.checknothing.ns', {}, LANGUAGE)
  const params = encodeParams(adapter('denier'), {})
  const instance = compiled.kind === 'ok' ? compiled.value.encode(bagOf({})) : new Failure('function', '')
  if (instance instanceof Failure || params.kind === 'err') throw new Error('not encoded')
  expect(HandleCheckNothingRequest.decode(encodeRequest([instance], params.value, '42'))).toMatchObject({
    instance: { name: 'n.checknothing.ns' },
    adapterConfig: { typeUrl: 'type.googleapis.com/adapter.denier.config.Params' },
    dedupId: '42',
  })
})
