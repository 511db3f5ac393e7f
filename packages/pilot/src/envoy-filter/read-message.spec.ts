import { unpackAny } from '@meshwork/protos/any'
import { expect, test } from 'vitest'
import { readMessage } from './read-message.ts'
import { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { LocalRateLimit } from '@meshwork/protos/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit'

const PACKAGE = 'envoy.extensions.filters.network.http_connection_manager.v3'
const LIMIT = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit'
const HTTP_FILTER = { name: `${PACKAGE}.HttpFilter`, codec: HttpFilter }

function typedConfig(config: object): { readonly typeUrl: string; readonly value: Uint8Array } | undefined {
  const read = readMessage(HTTP_FILTER, { name: 'a', typed_config: config })
  if (read.kind === 'err') throw new Error(read.error)
  const { configType } = read.value.message
  return configType?.$case === 'typedConfig' ? configType.value : undefined
}

test.each(['udpa.type.v1.TypedStruct', 'xds.type.v3.TypedStruct'])('%s of a message that is known becomes that message', name => {
  const any = typedConfig({
    '@type': `type.googleapis.com/${name}`,
    type_url: `type.googleapis.com/${LIMIT}`,
    value: { stat_prefix: 'limiter' },
  })
  expect(any?.typeUrl).toBe(`type.googleapis.com/${LIMIT}`)
  expect(any === undefined ? null : unpackAny({ name: LIMIT, codec: LocalRateLimit }, any)?.statPrefix).toBe('limiter')
})

test('of one that is not known it stays one, of the inner type', () => {
  const inner = 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua'
  const any = typedConfig({ '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct', type_url: inner, value: { inline_code: 'x' } })
  expect(any?.typeUrl).toBe('type.googleapis.com/xds.type.v3.TypedStruct')
  expect(Buffer.from(any?.value ?? []).includes(inner)).toBe(true)
})

test('fields that a message does not have are passed over and told, in nested messages too; wrong values are not', () => {
  const config = { '@type': `type.googleapis.com/${LIMIT}`, stat_prefix: 'limiter', later: true }
  const read = readMessage(HTTP_FILTER, { name: 'a', nmae: 'b', typed_config: config })
  expect(read.kind === 'ok' ? [read.value.message.name, read.value.ignored.map(({ path }) => path)] : read.error).toEqual([
    'a',
    ['nmae', 'typed_config.later'],
  ])
  const any = typedConfig(config)
  expect(any === undefined ? null : unpackAny({ name: LIMIT, codec: LocalRateLimit }, any)?.statPrefix).toBe('limiter')
  expect(readMessage(HTTP_FILTER, { name: 5, other: 1 })).toMatchObject({
    kind: 'err',
    error: expect.stringContaining('name: must be a text'),
  })
})
