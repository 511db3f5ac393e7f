import { createServer } from 'node:net'

/** A port of 127.0.0.1 on which nobody listened a moment ago. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

/** `count` different free ports: all are held until the last one is known. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, holdPort))
  await Promise.all(servers.map(held => held.release()))
  return servers.map(held => held.port)
}

interface HeldPort {
  readonly port: number
  release(): Promise<void>
}

function holdPort(): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      resolve({ port, release: () => new Promise(done => void server.close(() => done())) })
    })
  })
}
