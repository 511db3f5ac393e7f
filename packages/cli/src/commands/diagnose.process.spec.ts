import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer, type Server } from 'node:http'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProxyAgent, request } from 'undici'
import { allocatePorts } from '../local/ports/allocate-ports.ts'
import type { MeshState, ProcessStatus } from '../local/state/mesh-state.ts'
import { Workplace } from '../local/testdata/meshctl.ts'

const MESHCTL = fileURLToPath(new URL('../../bin/meshctl.mjs', import.meta.url))
const WAIT = { timeout: 20_000, interval: 100 }

let place: Workplace
const stopped: number[] = []
const servers: Server[] = []
beforeEach(async () => {
  place = await Workplace.create()
})
afterEach(async () => {
  for (const pid of stopped.splice(0)) process.kill(pid, 'SIGCONT')
  for (const server of servers.splice(0)) server.close()
  await place.remove()
})

async function up(): Promise<MeshState> {
  const ports = await allocatePorts([{ name: 'test', wish: { kind: 'any' } }])
  const { state } = await place.up([...ports.values()][0] ?? 0)
  return state
}

function named(state: MeshState, name: string): ProcessStatus {
  const found = state.processes.find(each => each.name === name)
  if (found === undefined) throw new Error(`no process ${name}`)
  return found
}

/** Processor time of a command: what it takes on a machine that does nothing else. */
async function cpuSeconds(...args: readonly string[]): Promise<number> {
  const shell = promisify(execFile)
  const { stdout } = await shell('bash', ['-c', '"$@" >/dev/null 2>&1; times', 'bash', process.execPath, MESHCTL, ...args], {
    cwd: place.folder,
  })
  const [, user = '0m0s', system = '0m0s'] = /\n(\S+) (\S+)\s*$/.exec(stdout) ?? []
  return secondsOf(user) + secondsOf(system)
}

/** Of `0m1.5s`. */
function secondsOf(text: string): number {
  const [, minutes = '0', seconds = '0'] = /^(\d+)m([\d.,]+)s$/.exec(text) ?? []
  return Number(minutes) * 60 + Number(seconds.replace(',', '.'))
}

/** 1-based line of the first that reads so. */
function lineOf(text: string, wanted: string): number {
  return text.split('\n').findIndex(line => line.trim() === wanted) + 1
}

const REVIEWS = (): string => join(place.folder, 'config', 'reviews.yaml')

describe('meshctl', () => {
  it('[journey-23] trace-route prints each decision of a header-based route with file and line, in files and in the mesh that runs', async () => {
    const text = await readFile(REVIEWS(), 'utf8')
    const [match, otherwise] = [lineOf(text, '- match:') + 1, text.split('\n').findIndex(line => line.startsWith('    - route:')) + 1]
    const words = ['trace-route', 'from', 'productpage-v1', 'to', 'http://reviews:9080/']
    const offline = await place.run(...words, '-f', 'mesh.yaml', '-H', 'end-user=jason')
    expect(offline.out).toContain(`config/reviews.yaml:${match}  VirtualService default/reviews spec.http[0].match[0]`)
    expect(offline.out).toMatch(/=> the request reaches reviews-v2 in namespace default/)

    await up()
    const running = await place.run(...words)
    expect(running.out).toContain(`config/reviews.yaml:${otherwise}  VirtualService default/reviews spec.http[1]`)
    expect(running.out).toContain(
      `not config/reviews.yaml:${match}  spec.http[0].match[0]: the header end-user is missing, and must be 'jason'`,
    )
  })

  it('[journey-36] [traffic-132] a proxy that does not answer is STALE with its age, and SYNCED again when it does', async () => {
    const state = await up()
    const statusOf = async (): Promise<{ readonly code: number; readonly line: string }> => {
      const { code, out } = await place.run('proxy-status')
      return { code, line: out.split('\n').find(line => line.startsWith('productpage-v1')) ?? '' }
    }
    await expect.poll(statusOf, WAIT).toMatchObject({ code: 0, line: expect.stringContaining('SYNCED') })
    const { process: sidecar } = named(state, 'sidecar/productpage-v1')
    if (sidecar === null) throw new Error('the sidecar does not run')
    process.kill(sidecar.pid, 'SIGSTOP')
    stopped.push(sidecar.pid)
    await writeFile(REVIEWS(), (await readFile(REVIEWS(), 'utf8')).replace('weight: 50', 'weight: 40').replace('weight: 30', 'weight: 40'))
    await expect.poll(statusOf, WAIT).toMatchObject({ code: 1, line: expect.stringMatching(/STALE \d+s/) })
    process.kill(sidecar.pid, 'SIGCONT')
    stopped.pop()
    await expect.poll(statusOf, WAIT).toMatchObject({ code: 0, line: expect.not.stringContaining('STALE') })
  })

  it('[traffic-133] proxy-config shows what traffic follows, each row with its object and line, and proxy-status finds no difference', async () => {
    await up()
    const routes = async (): Promise<string> => (await place.run('proxy-config', 'routes', 'productpage-v1', '--fqdn', 'reviews')).out
    await expect
      .poll(routes, WAIT)
      .toMatch(/end-user=jason +outbound\|9080\|v2\|reviews.* VirtualService default\/reviews +config\/reviews\.yaml:\d+/)
    await writeFile(REVIEWS(), (await readFile(REVIEWS(), 'utf8')).replace('weight: 50', 'weight: 40').replace('weight: 30', 'weight: 40'))
    await expect
      .poll(routes, WAIT)
      .toMatch(/v1\|reviews\.default\.svc\.cluster\.local 40, outbound\|9080\|v2\|reviews\.default\.svc\.cluster\.local 40/)

    const clusters = await place.run('proxy-config', 'clusters', 'productpage-v1', '--fqdn', 'reviews', '--subset', 'v3')
    const line = lineOf(await readFile(REVIEWS(), 'utf8'), '- name: v3')
    expect(clusters.out).toContain(`DestinationRule default/reviews   config/reviews.yaml:${line}`)
    const listeners = await place.run('proxy-config', 'listeners', 'gateway')
    expect(listeners.out).toMatch(/Gateway default\/bookinfo-gateway +config\/gateway\.yaml:\d+/)
    await expect
      .poll(() => place.run('proxy-status', 'productpage-v1').then(({ out }) => out), WAIT)
      .toMatch(/✓ clusters match .*\n✓ listeners match .*\n✓ routes match/)
  })

  it('[journey-38] analyze in CI: 500 files in less than 3 seconds, lines, SARIF, exit code by threshold', async () => {
    const folder = join(place.folder, 'k8s')
    await mkdir(folder)
    for (let i = 0; i < 500; i++) {
      const route = `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: s${i}}, spec: {hosts: [s${i}], http: [{route: [{destination: {host: s${i}}}]}]}}`
      const service = `apiVersion: v1\nkind: Service\nmetadata:\n  name: s${i}\nspec:\n  ports:\n    - name: ${i === 7 ? 'web' : 'http'}\n      port: 80\n`
      await writeFile(join(folder, `s${i}.yaml`), `${service}---\n${route}\n`)
    }
    const { code, out } = await place.run('analyze', 'k8s/', '--use-kube=false', '--sarif')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toHaveProperty('runs[0].results[0].locations[0].physicalLocation', {
      artifactLocation: { uri: 'k8s/s7.yaml' },
      region: { startLine: 7 },
    })
    expect(await cpuSeconds('analyze', 'k8s/')).toBeLessThan(3)
    expect((await place.run('analyze', 'k8s/', '--failure-threshold', 'info')).code).toBe(1)
  })

  it('[journey-39] egress: a host that nobody declared is refused under REGISTRY_ONLY, and works with a ServiceEntry, also by a wildcard', async () => {
    const server = createServer((_, response) => response.end('outside')).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const state = await up()
    const dispatcher = new ProxyAgent({
      uri: `http://127.0.0.1:${named(state, 'sidecar/productpage-v1').ports['httpProxy']}`,
      proxyTunnel: false,
    })
    const call = async (host: string): Promise<number> => {
      const { statusCode, body } = await request(`http://${host}:${port}/`, { dispatcher })
      await body.dump()
      return statusCode
    }
    const policy =
      'apiVersion: meshwork.dev/v1\nkind: MeshConfig\nmetadata: {name: mesh}\nspec:\n  outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n'
    await writeFile(join(place.folder, 'config', 'mesh.yaml'), policy)
    await expect.poll(() => call('api.outside.test'), WAIT).toBe(502)
    const traced = await place.run('trace-route', 'from', 'productpage-v1', 'to', `http://api.outside.test:${port}/`)
    expect(traced.out).toContain('502: the host is not in the mesh. Add a ServiceEntry for it')

    const entry = (name: string, host: string): string =>
      `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: ${name}}\nspec:\n  hosts: ["${host}"]\n  location: MESH_EXTERNAL\n  resolution: STATIC\n  ports: [{number: ${port}, name: http, protocol: HTTP}]\n  endpoints: [{address: 127.0.0.1}]\n`
    await writeFile(join(place.folder, 'config', 'outside.yaml'), `${entry('api', 'api.outside.test')}---\n${entry('all', '*.wild.test')}`)
    await expect.poll(() => call('api.outside.test'), WAIT).toBe(200)
    await expect.poll(() => call('any.wild.test'), WAIT).toBe(200)
    await dispatcher.close()
  })
})
