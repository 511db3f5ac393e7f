import { describe, expect, test } from 'vitest'
import { parseProtocol, protocolOfPort } from './protocol.ts'

describe('protocolOfPort', () => {
  test.each([
    ['', 'auto'],
    ['http', 'http'],
    ['http-test', 'http'],
    ['HTTP-test', 'http'],
    ['httptest', 'auto'],
    ['https', 'https'],
    ['https-test', 'https'],
    ['http2', 'http2'],
    ['http2-test', 'http2'],
    ['grpc', 'grpc'],
    ['grpc-test', 'grpc'],
    ['grpc-web', 'grpc-web'],
    ['grpc-web-x', 'grpc-web'],
    ['mongo', 'mongo'],
    ['redis-test', 'redis'],
    ['tcp', 'tcp'],
    ['tls-x', 'tls'],
  ])('a port called %j speaks %s', (name, protocol) => {
    expect(protocolOfPort({ name, number: 8080, transport: 'TCP' })).toBe(protocol)
  })

  test('appProtocol is stronger than the name, unless it is unknown', () => {
    const port = { name: 'tcp-x', number: 80, transport: 'TCP' } as const
    expect(protocolOfPort({ ...port, appProtocol: 'HTTP' })).toBe('http')
    expect(protocolOfPort({ ...port, appProtocol: 'kubernetes.io/h2c' })).toBe('http2')
    expect(protocolOfPort({ ...port, appProtocol: 'example.com/own' })).toBe('tcp')
  })

  test('other transports are never proxied, and servers that speak first are not sniffed', () => {
    expect(protocolOfPort({ name: 'http', number: 80, transport: 'UDP' })).toBe('udp')
    expect(protocolOfPort({ name: '', number: 3306, transport: 'TCP' })).toBe('tcp')
  })
})

test('parseProtocol takes the spellings of Gateways and Sidecars', () => {
  expect(['HTTP', 'GRPC-Web', 'HTTP_PROXY', 'TLS', ''].map(parseProtocol)).toEqual(['http', 'grpc-web', 'http-proxy', 'tls', 'auto'])
})
