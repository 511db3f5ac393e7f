import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { request, ProxyAgent } from 'undici'
import { allocatePorts } from './ports/allocate-ports.ts'
import type { MeshState, ProcessStatus } from './state/mesh-state.ts'
import { identityOf } from './state/process-identity.ts'
import { Workplace } from './testdata/meshctl.ts'

const PAGE = '/api/v1/products/0'
const WAIT = { timeout: 15_000, interval: 50 }

let place: Workplace
let port = 0
beforeEach(async () => {
  place = await Workplace.create()
  port = await freePort()
})
afterEach(() => place.remove())

async function freePort(): Promise<number> {
  return [...(await allocatePorts([{ name: 'test', wish: { kind: 'any' } }])).values()][0] ?? 0
}

async function statusOf(url: string): Promise<number> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: 5000 })
    await body.dump()
    return statusCode
  } catch {
    return 0
  }
}

function page(): Promise<number> {
  return statusOf(`http://127.0.0.1:${port}${PAGE}`)
}

function named(state: MeshState, name: string): ProcessStatus {
  const found = state.processes.find(each => each.name === name)
  if (found === undefined) throw new Error(`no process ${name}`)
  return found
}

function pidOf(state: MeshState, name: string): number {
  const { process } = named(state, name)
  if (process === null) throw new Error(`${name} does not run`)
  return process.pid
}

async function running(state: MeshState): Promise<readonly string[]> {
  const names: string[] = []
  for (const { name, process } of state.processes) {
    if (process !== null && (await identityOf(process.pid))?.startTime === process.startTime) names.push(name)
  }
  return names
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

async function restartsOf(name: string): Promise<number> {
  const state: MeshState = JSON.parse(await readFile(join(place.state, 'mesh.json'), 'utf8'))
  const { restarts, phase } = named(state, name)
  return phase === 'running' ? restarts : -1
}

/** Asks for pages until told to stop; the answer is how many were asked for, and the statuses that were not 200. */
function keepAsking(): { asked(): number; stop(): Promise<{ readonly bad: readonly number[] }> } {
  const bad: number[] = []
  let total = 0
  let stopped = false
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const status = await page()
      total++
      if (status !== 200) bad.push(status)
    }
  }
  const loops = [loop(), loop()]
  return {
    asked: () => total,
    stop: async () => {
      stopped = true
      await Promise.all(loops)
      return { bad }
    },
  }
}

describe('meshctl local', () => {
  it('up serves through the gateway, status shows it, down leaves nothing', async () => {
    const { meshctl, state } = await place.up(port)
    await expect.poll(page, WAIT).toBe(200)
    await expect.poll(() => place.run('local', 'status').then(each => each.code), WAIT).toBe(0)
    const status = await place.json('local', 'status')
    expect(status).toMatchObject({ kind: 'LocalStatus', name: 'bookinfo', phase: 'running', pilot: null })
    expect((await stat(place.state)).mode & 0o077).toBe(0)
    expect((await readdir(join(place.state, 'tokens'))).length).toBe(5)

    expect(await place.run('local', 'down')).toMatchObject({ code: 0, out: "mesh 'bookinfo' is stopped\n" })
    expect(await meshctl.ended).toBe(0)
    expect(await running(state)).toEqual([])
    expect(await exists(join(place.folder, '.meshwork'))).toBe(false)
    expect(await page()).toBe(0)
    expect(await place.run('local', 'down')).toMatchObject({ code: 0, out: 'no local mesh is running here\n' })
  })

  it('up ends in order on Ctrl-C', async () => {
    const { meshctl, state } = await place.up(port)
    meshctl.child.kill('SIGINT')
    expect(await meshctl.ended).toBe(0)
    expect(meshctl.err).toContain('nothing is left running')
    expect(await running(state)).toEqual([])
    expect(await exists(join(place.folder, '.meshwork'))).toBe(false)
  })

  it('up refuses a second mesh in the same folder, and a gateway port that is taken', async () => {
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    const refused = await place.run('local', 'up', '--gateway-port', String(port))
    server.close()
    expect(refused.code).toBe(3)
    expect(refused.err).toContain(`error PORT_IN_USE: port ${port} of 127.0.0.1 is in use`)
    expect(refused.err).toContain('--gateway-port')
    expect(await exists(place.state)).toBe(false)

    await place.up(port)
    const second = await place.run('local', 'up')
    expect(second.code).toBe(3)
    expect(second.err).toContain('error ALREADY_RUNNING')
  })

  it('nothing outlives a supervisor that is killed, and the next up cleans up after it', async () => {
    const { meshctl, state } = await place.up(port)
    meshctl.child.kill('SIGKILL')
    await meshctl.ended
    await expect.poll(() => running(state), WAIT).toEqual([])
    expect(await place.run('local', 'status')).toMatchObject({ code: 3 })
    const again = await place.up(port)
    expect(again.meshctl.err).toContain('removed what a mesh that was killed had left')
    await expect.poll(page, WAIT).toBe(200)
  })

  it('a killed sidecar comes back, and its workload with it', async () => {
    const { meshctl, state } = await place.up(port)
    await expect.poll(page, WAIT).toBe(200)
    process.kill(pidOf(state, 'sidecar/productpage-v1'), 'SIGKILL')
    await expect.poll(() => restartsOf('sidecar/productpage-v1'), WAIT).toBe(1)
    await expect.poll(page, WAIT).toBe(200)
    expect(meshctl.err).toMatch(/sidecar\/productpage-v1 ended \(killed by SIGKILL\): its workload neither gets nor makes requests/)
    expect(meshctl.err).toContain('sidecar/productpage-v1 is back (restart 1)')
  })

  it.each(['pilot', 'citadel'])('a killed %s loses no request and comes back', async name => {
    const { state } = await place.up(port)
    await expect.poll(page, WAIT).toBe(200)
    const asking = keepAsking()
    process.kill(pidOf(state, name), 'SIGKILL')
    await expect.poll(() => restartsOf(name), WAIT).toBe(1)
    await expect.poll(() => asking.asked(), WAIT).toBeGreaterThan(10)
    const { bad } = await asking.stop()
    expect(bad).toEqual([])
    await expect.poll(() => place.run('local', 'status').then(each => each.code), WAIT).toBe(0)
  })

  it('a killed mixer lets requests through, and denies again when it is back', async () => {
    const { state } = await place.up(port)
    const denied = (): Promise<number> =>
      request(`http://127.0.0.1:${port}${PAGE}/ratings`, { headers: { 'end-user': 'mallory' } }).then(async ({ statusCode, body }) => {
        await body.dump()
        return statusCode
      })
    await expect.poll(denied, WAIT).toBe(403)
    process.kill(pidOf(state, 'mixer'), 'SIGKILL')
    await expect.poll(page, WAIT).toBe(200)
    await expect.poll(() => restartsOf('mixer'), WAIT).toBe(1)
    await expect.poll(denied, WAIT).toBe(403)
  })

  it('an edit changes traffic, a broken one keeps the last good objects', async () => {
    const { meshctl } = await place.up(port)
    const file = join(place.folder, 'config', 'gateway.yaml')
    const good = await readFile(file, 'utf8')
    await expect.poll(page, WAIT).toBe(200)
    await writeFile(file, `${good}\n  broken: [`)
    await expect.poll(() => meshctl.err, WAIT).toMatch(/refused; the last good version stays in force:\n {2}.*gateway\.yaml:\d+: /)
    expect(await page()).toBe(200)
    expect(await place.run('local', 'status')).toMatchObject({ code: 1, out: expect.stringContaining('gateway.yaml:') })
    await writeFile(file, good.replace('prefix: /api/v1/products', 'prefix: /api/v2/products'))
    await expect.poll(page, { timeout: 1000, interval: 20 }).toBe(404)
  })

  it('run adds a program with an identity of its own, until it ends', async () => {
    const { state } = await place.up(port)
    const app = await freePort()
    const code = `require('http').createServer((q,s)=>s.end(q.headers['x-forwarded-client-cert']||'plain')).listen(process.env.PORT,'127.0.0.1')`
    const run = place.spawn('local', 'run', '--name', 'web', '--port', String(app), '--service-port', '8000', '--', 'node', '-e', code)
    await expect.poll(() => run.out, WAIT).toContain("'web' is in the mesh as http://web:8000")

    const proxy = new ProxyAgent({
      uri: `http://127.0.0.1:${named(state, 'sidecar/productpage-v1').ports['httpProxy']}`,
      proxyTunnel: false,
    })
    const call = (): Promise<string> => request('http://web:8000/', { dispatcher: proxy }).then(({ body }) => body.text())
    await expect.poll(call, WAIT).toContain('URI=spiffe://cluster.local/ns/default/sa/bookinfo-productpage')
    expect((await place.run('proxy-status')).out).toContain('web-v1.default')

    run.child.kill('SIGINT')
    expect(await run.ended).toBe(0)
    await proxy.close()
    expect(await readdir(join(place.state, 'registry'))).not.toContain('run-web-v1.yaml')
    expect(await readdir(join(place.state, 'runs'))).toEqual([])
    expect(await statusOf(`http://127.0.0.1:${app}/`)).toBe(0)
  })

  it('run hands on the exit code of its program, and needs a mesh', async () => {
    expect(await place.run('local', 'run', '--name', 'web', '--port', '3000', '--', 'true')).toMatchObject({ code: 3 })
    await place.up(port)
    const app = await freePort()
    const code = `const s=require('net').createServer().listen(process.env.PORT,'127.0.0.1');setTimeout(()=>process.exit(7),1500)`
    expect(await place.run('local', 'run', '--name', 'web', '--port', String(app), '--', 'node', '-e', code)).toMatchObject({ code: 7 })
  })
})
