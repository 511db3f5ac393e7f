import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { afterEach, describe, expect, it } from 'vitest'

const example = readFileSync(fileURLToPath(new URL('../../../examples/envoy/front-proxy.yaml', import.meta.url)), 'utf8')

/** The example with other ports: those of tests, which run side by side. */
function onPorts(ports: Readonly<Record<string, number>>): string {
  return Object.entries(ports).reduce((text, [from, to]) => text.replaceAll(`port_value: ${from} `, `port_value: ${to} `), example)
}

describe('a proxy started from a bootstrap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-bootstrap-'))
  let child: Child | null = null
  let upstream: Server | null = null
  afterEach(async () => {
    await child?.stop()
    upstream?.close()
    upstream?.closeAllConnections()
    child = null
    upstream = null
  })

  function start(text: string, ...args: readonly string[]): Child {
    const file = join(folder, 'bootstrap.yaml')
    writeFileSync(file, text)
    child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', file, ...args] })
    return child
  }

  it('serves the example', async () => {
    upstream = createServer((request, response) => response.end(`shop ${request.url}`))
    await new Promise<void>(resolve => upstream?.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    const [front, admin] = [await freePort(), await freePort()]
    await start(onPorts({ 10000: front, 9901: admin, 8081: port })).whenReady()
    expect(await (await fetch(`http://127.0.0.1:${admin}/ready`)).text()).toBe('LIVE\n')
    expect(await (await fetch(`http://127.0.0.1:${front}/hello`)).text()).toBe('hello from the front\n')
    expect(await (await fetch(`http://127.0.0.1:${front}/shop/cart?a=1`)).text()).toBe('shop /cart?a=1')
    child?.process.kill('SIGTERM')
    await child?.whenExited()
    expect(child?.process.exitCode).toBe(0)
  })

  it('refuses what it does not know or support, all of it, with paths, before anything listens', async () => {
    const [front, admin] = [await freePort(), await freePort()]
    const text = onPorts({ 10000: front, 9901: admin })
      .replace('stat_prefix: front', 'stat_prefix: front\n                server_nam: x')
      .replace('type: STRICT_DNS', 'type: STRICT_DSN')
    const started = start(text).whenReady()
    await expect(started).rejects.toMatchObject({
      code: 'BAD_BOOTSTRAP',
      message: expect.stringMatching(
        /static_resources\.listeners\[0\]\.filter_chains\[0\]\.filters\[0\]\.typed_config\.server_nam: unknown field .*did you mean server_name\?[^]*static_resources\.clusters\[1\]\.type: .*did you mean STRICT_DNS\?/,
      ),
    })
    await expect(fetch(`http://127.0.0.1:${admin}/ready`)).rejects.toThrow()
    rmSync(folder, { recursive: true })
  })
})
