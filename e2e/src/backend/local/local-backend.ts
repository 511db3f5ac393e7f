import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type MeshState, type StatePaths, statePaths } from '@meshwork/cli/local'
import { sleep, systemClock } from '@meshwork/core/time'
import { freePort } from '@meshwork/testkit/net'
import { Child } from '@meshwork/testkit/process'
import { parse, stringify } from 'yaml'

import { HttpCaller } from '../http-call.ts'
import type { Backend, Component, Mesh, MeshReply, MeshRequest, MeshShape } from '../mesh.ts'
import { meshFile } from './mesh-file.ts'

export const MESHCTL: string = fileURLToPath(new URL('../../../../packages/cli/bin/meshctl.mjs', import.meta.url))
const START_LIMIT_MS = 60_000
const POLL_MS = 100

/** `meshctl local up`: every part of the mesh a process of its own on this machine. */
export const localBackend: Backend = {
  name: 'local',
  async start(shape: MeshShape): Promise<Mesh> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await startOnce(shape)
      } catch (error) {
        // Ports are chosen before they are bound; on a machine with several meshes another one may be faster.
        if (attempt === START_ATTEMPTS || !String(error).includes('PORT_IN_USE')) throw error
      }
    }
  },
}

const START_ATTEMPTS = 3

async function startOnce(shape: MeshShape): Promise<Mesh> {
  const folder = mkdtempSync(join(tmpdir(), `mesh-e2e-${shape.name}-`))
  const config = join(folder, 'config')
  mkdirSync(config)
  writeFileSync(join(folder, 'mesh.yaml'), meshFile(shape))
  for (const [name, yaml] of Object.entries(shape.config)) writeFileSync(join(config, `${name}.yaml`), yaml)
  const paths = statePaths(join(folder, 'state'))
  const options = ['-f', join(folder, 'mesh.yaml'), '--state-dir', paths.root, '--gateway-port', String(await freePort()), '--keep-logs']
  const meshctl = new Child({
    name: 'meshctl',
    command: [process.execPath, MESHCTL, 'local', 'up', ...options],
    ipc: false,
    directory: folder,
  })
  const mesh = new LocalMesh(folder, paths, meshctl)
  try {
    await mesh.whenRunning()
    if (shape.meshConfig !== undefined) await changeMeshConfig(paths.meshConfig, shape.meshConfig)
    return mesh
  } catch (error) {
    await mesh[Symbol.asyncDispose]()
    throw error
  }
}

/** Pilot reads the file again when it changes. */
async function changeMeshConfig(file: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const document: { readonly spec: object } = parse(await readFile(file, 'utf8'))
  await writeFile(`${file}.new`, stringify({ ...document, spec: { ...document.spec, ...fields } }))
  await rename(`${file}.new`, file)
}

/** A mesh that `meshctl local up` keeps running; read through its state file. */
export class LocalMesh implements Mesh {
  readonly folder: string
  readonly paths: StatePaths
  private readonly meshctl: Child
  private readonly caller = new HttpCaller()
  private state: MeshState | null = null

  constructor(folder: string, paths: StatePaths, meshctl: Child) {
    this.folder = folder
    this.paths = paths
    this.meshctl = meshctl
  }

  async whenRunning(): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS
    while ((await this.refresh())?.phase !== 'running') {
      if (!this.meshctl.running()) throw new Error(`meshctl ended\n${this.meshctl.log.tail(40)}`)
      if (performance.now() > deadline) throw new Error(`the mesh is not up\n${this.meshctl.log.tail(40)}`)
      await sleep(systemClock, POLL_MS)
    }
  }

  /** Reads the state file again: pids and ports change when a process is started again. */
  async refresh(): Promise<MeshState | null> {
    try {
      const state: MeshState = JSON.parse(await readFile(this.paths.meshFile, 'utf8'))
      this.state = state
    } catch {
      // Not written yet, or being removed: what was known stays.
    }
    return this.state
  }

  request(pod: string, request: MeshRequest): Promise<MeshReply> {
    const target = `http://${request.host}${request.path ?? '/'}`
    return this.call(this.port(`sidecar/${pod}`, 'httpProxy'), target, request)
  }

  async requestsOnOneConnection(pod: string, requests: readonly MeshRequest[]): Promise<readonly MeshReply[]> {
    const caller = new HttpCaller(1)
    const port = this.port(`sidecar/${pod}`, 'httpProxy')
    const replies: MeshReply[] = []
    for (const { host, path = '/', method = 'GET', headers, body } of requests) {
      replies.push(await caller.call({ port, target: `http://${host}${path}`, headers: { host, ...headers }, method, body }))
    }
    caller.close()
    if (caller.connections > 1) throw new Error(`the proxy closed the connection: ${caller.connections} were needed`)
    return replies
  }

  requestWithoutProxy(pod: string, request: MeshRequest): Promise<MeshReply> {
    return this.call(this.port(`sidecar/${pod}`, 'inbound'), request.path ?? '/', request)
  }

  gateway(request: MeshRequest): Promise<MeshReply> {
    const url = this.known().gateways[0]?.url
    if (url === undefined) throw new Error('this mesh has no gateway')
    return this.call(Number(new URL(url).port), request.path ?? '/', request)
  }

  /** Written beside and moved into place, as an editor saves. */
  async apply(name: string, yaml: string): Promise<void> {
    const file = join(this.folder, 'config', `${name}.yaml`)
    await writeFile(`${file}.new`, yaml)
    await rename(`${file}.new`, file)
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, 'config', `${name}.yaml`))
  }

  component(name: string): Component {
    const status = this.status(name)
    return { pid: status.process?.pid ?? 0, restarts: status.restarts, running: status.phase === 'running' }
  }

  async kill(name: string): Promise<void> {
    await this.refresh()
    const { pid } = this.component(name)
    if (pid === 0) throw new Error(`${name} does not run`)
    process.kill(pid, 'SIGKILL')
  }

  log(name: string): Promise<string> {
    return readFile(this.status(name).log, 'utf8')
  }

  page(component: string, port: string, path: string): Promise<MeshReply> {
    return this.call(this.port(component, port), path, { host: '127.0.0.1' })
  }

  port(component: string, name: string): number {
    const port = this.status(component).ports[name]
    if (port === undefined)
      throw new Error(`${component} has no port '${name}', only ${Object.keys(this.status(component).ports).join(', ')}`)
    return port
  }

  known(): MeshState {
    if (this.state === null) throw new Error('the mesh is not up')
    return this.state
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.caller.close()
    await this.meshctl.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  private call(port: number, target: string, request: MeshRequest): Promise<MeshReply> {
    const headers = { host: request.host, ...request.headers }
    return this.caller.call({ port, target, headers, method: request.method ?? 'GET', body: request.body })
  }

  private status(name: string): MeshState['processes'][number] {
    const status = this.known().processes.find(each => each.name === name)
    if (status === undefined)
      throw new Error(
        `there is no ${name}; there are ${this.known()
          .processes.map(each => each.name)
          .join(', ')}`,
      )
    return status
  }
}
