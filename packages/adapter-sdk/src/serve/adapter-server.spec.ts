import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { Any } from '@meshwork/protos/google/protobuf/any'
import { HandleCheckNothingRequest, HandleCheckNothingServiceClient } from '@meshwork/protos/istio/mixer/template/checknothing'
import { HandleMetricRequest, HandleMetricServiceClient } from '@meshwork/protos/istio/mixer/template/metric'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Adapter, MetricInstance } from '../index.ts'
import { AdapterServer } from '../index.ts'

const built: string[] = []
const seen: MetricInstance[] = []

/** Its parameters are a text; `bad` cannot be built. */
const adapter: Adapter<string> = {
  name: 'sample',
  paramsType: 'sample.Params',
  decodeParams: bytes => Buffer.from(bytes).toString(),
  build: params => {
    built.push(params)
    if (params === 'bad') throw new Error('bad parameters')
    return { metric: instances => void seen.push(...instances) }
  },
}

function config(text: string, type = 'sample.Params'): Any {
  return Any.fromPartial({ typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(text) })
}

const server = new AdapterServer(adapter, { kind: 'tcp', host: '127.0.0.1', port: 0 })
let metrics: HandleMetricServiceClient
beforeAll(async () => {
  await server.start()
  metrics = new HandleMetricServiceClient(`127.0.0.1:${server.port}`, credentials.createInsecure())
})
beforeEach(() => {
  built.length = 0
  seen.length = 0
})
afterAll(async () => {
  metrics.close()
  await server.close()
})

function report(adapterConfig: Any, value = 1n): Promise<ServiceError | null> {
  const request = HandleMetricRequest.fromPartial({
    instances: [
      {
        name: 'm',
        value: { value: { $case: 'int64Value', value } },
        dimensions: { took: { value: { $case: 'durationValue', value: { value: { nanos: 5 } } } } },
      },
    ],
    adapterConfig,
  })
  return new Promise(resolve => void metrics.handleMetric(request, error => resolve(error)))
}

describe('AdapterServer', () => {
  it('hands over decoded instances, to one handler per distinct parameters', async () => {
    expect([await report(config('a')), await report(config('a')), await report(config('b'))]).toEqual([null, null, null])
    expect(built).toEqual(['a', 'b'])
    expect(seen[0]).toMatchObject({ name: 'm', value: 1n, dimensions: new Map([['took', { kind: 'span', nanos: 5n }]]) })
  })

  it('answers with what the adapter throws, and goes on', async () => {
    expect(await report(config('bad'))).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'bad parameters' })
    expect(await report(config('a'))).toBeNull()
  })

  it('refuses parameters of another adapter', async () => {
    expect(await report(config('a', 'other.Params'))).toMatchObject({ details: expect.stringContaining('other.Params') })
  })

  it('says which templates it does not take', async () => {
    const checks = new HandleCheckNothingServiceClient(`127.0.0.1:${server.port}`, credentials.createInsecure())
    const request = HandleCheckNothingRequest.fromPartial({ adapterConfig: config('a') })
    const error = await new Promise(resolve => void checks.handleCheckNothing(request, resolve))
    checks.close()
    expect(error).toMatchObject({ code: status.UNIMPLEMENTED, details: expect.stringContaining('checknothing') })
  })

  it('is healthy', async () => {
    const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
    const pass = (bytes: Buffer): Buffer => bytes
    const answer = await new Promise(resolve => {
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', pass, pass, Buffer.alloc(0), new Metadata(), (error, bytes) =>
        resolve(error ?? bytes),
      )
    })
    client.close()
    expect(answer).toEqual(Buffer.from([8, 1]))
  })

  it('names the port and the flag when the port is taken', async () => {
    const second = new AdapterServer(adapter, { kind: 'tcp', host: '127.0.0.1', port: server.port })
    await expect(second.start()).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(server.port)) })
    await second.close()
  })
})
