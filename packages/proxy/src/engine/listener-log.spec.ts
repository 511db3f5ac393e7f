import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ListenerConfig } from '../model/listener.ts'
import { directResponse } from '../network-filters/direct-response/index.ts'
import { proxyProtocol } from '../listener-filters/proxy-protocol/index.ts'
import { ANY, chain, listener, manager, routeTable } from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

let harness: Harness
let path: string

beforeEach(() => {
  harness = new Harness()
  path = join(tmpdir(), `meshwork-listener-log-${process.pid}-${Math.random()}.log`)
})

afterEach(async () => {
  await harness.close()
  await rm(path, { force: true })
})

function logTo(template: string): Pick<ListenerConfig, 'accessLog'> {
  return {
    accessLog: [{ filter: null, sink: { kind: 'file', path }, format: { kind: 'text', template: `${template}\n`, omitEmpty: false } }],
  }
}

function lines(wanted: readonly string[]): Promise<void> {
  return vi.waitFor(async () => expect((await readFile(path, 'utf8')).split('\n').slice(0, -1)).toEqual(wanted), { timeout: 3000 })
}

test('a connection is logged at its end, with its chain and protocol', async () => {
  const table = routeTable('r', [])
  const named = chain(manager({ kind: 'inline', table }), { name: 'plain' })
  const port = await harness.listen(listener('l', [named], logTo('%FILTER_CHAIN_NAME% %PROTOCOL% %RESPONSE_FLAGS% %RESPONSE_CODE%')))
  await get(port)
  await lines(['plain HTTP/1.1 - 0'])
})

test('so is one that no filter chain takes, and one whose last filter has ended it at once', async () => {
  const only = chain(directResponse(Buffer.from('x')), { match: { ...ANY, sourcePorts: [1] } })
  const none = await harness.listen(listener('none', [only], logTo('%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%')))
  expect(await exchange(none, ['x'])).toBe('')
  await lines(['NR filter_chain_not_found'])
  const direct = await harness.listen(
    listener('direct', [chain(directResponse(Buffer.from('hello')))], logTo('%RESPONSE_CODE_DETAILS% %BYTES_SENT%')),
  )
  expect(await exchange(direct, [])).toBe('hello')
  await lines(['NR filter_chain_not_found', 'direct_response 5'])
})

test('the peer of the socket is told apart from the client that a PROXY header names', async () => {
  const filter = proxyProtocol({ rules: [], allowWithoutHeader: true, passesOn: () => false, disallowedVersions: [2], statPrefix: '' })
  const template = '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%'
  const port = await harness.listen(
    listener('l', [chain(directResponse(Buffer.from('x')))], { ...logTo(template), listenerFilters: [filter] }),
  )
  await exchange(port, ['PROXY TCP4 192.0.2.7 192.0.2.8 1000 80\r\n'])
  await lines(['192.0.2.7:1000 127.0.0.1'])
})
