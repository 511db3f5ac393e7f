import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { allocatePorts, type PortDemand, withoutPreference } from './allocate-ports.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

async function takenPort(): Promise<number> {
  const server = createServer()
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function any(name: string): PortDemand {
  return { name, wish: { kind: 'any' } }
}

describe('allocatePorts', () => {
  it('gives different ports outside of the ranges for outgoing connections', async () => {
    const table = await allocatePorts(Array.from({ length: 40 }, (_, index) => any(`p${index}`)))
    expect(new Set(table.values()).size).toBe(40)
    for (const port of table.values()) expect(port >= 20_000 && port < 32_000).toBe(true)
  })

  it('wraps around at the end of the range', async () => {
    const table = await allocatePorts([any('a'), any('b'), any('c')], 0.999_95)
    expect(Math.min(...table.values())).toBeLessThan(20_100)
  })

  it('takes another port where a preferred one is taken', async () => {
    const port = await takenPort()
    const table = await allocatePorts([{ name: 'a', wish: { kind: 'preferred', port } }])
    expect(table.get('a')).not.toBe(port)
  })

  it('refuses a fixed port that is taken, naming the port, the option that moves it and, on Linux, who has it', async () => {
    const port = await takenPort()
    const demand: PortDemand = { name: 'gateway', wish: { kind: 'fixed', port, option: '--gateway-port' } }
    const owner = process.platform === 'linux' ? `in use by .+ \\(pid ${process.pid}\\)` : 'in use'
    await expect(allocatePorts([demand])).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`port ${port} of 127.0.0.1 is ${owner}`)),
      nextStep: expect.stringContaining('--gateway-port'),
    })
  })

  it('gives up preferences, but never what was promised', () => {
    const fixed: PortDemand = { name: 'b', wish: { kind: 'fixed', port: 8080, option: '--x' } }
    expect([{ name: 'a', wish: { kind: 'preferred', port: 15010 } } as const, fixed].map(withoutPreference)).toEqual([any('a'), fixed])
  })

  it('keeps a fixed port from those who only prefer it', async () => {
    const port = [...(await allocatePorts([any('x')])).values()][0] ?? 0
    const table = await allocatePorts([
      { name: 'preferred', wish: { kind: 'preferred', port } },
      { name: 'fixed', wish: { kind: 'fixed', port, option: '--x' } },
    ])
    expect(table.get('fixed')).toBe(port)
    expect(table.get('preferred')).not.toBe(port)
  })
})
