import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, startProgram } from '@meshwork/testkit/process'

export interface SmallMeshOptions {
  readonly yaml: string
  readonly pilot?: readonly string[]
  readonly proxy?: readonly string[]
}

/** What a call through the proxy brought back. */
export interface SmallReply {
  readonly status: number
  readonly body: string
}

/**
 * One pilot and one sidecar on loopback, which applications use as their HTTP proxy. Without a certificate: for scenarios about who is
 * reached. Disposal ends everything.
 */
export class SmallMesh implements AsyncDisposable {
  private readonly resources = new AsyncDisposableStack()
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-small-'))
  private readonly proxyPort: number

  private constructor(proxyPort: number) {
    this.proxyPort = proxyPort
    this.resources.defer(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  static async start({ yaml, pilot = [], proxy = [] }: SmallMeshOptions): Promise<SmallMesh> {
    const mesh = new SmallMesh(await freePort())
    try {
      await mesh.startPrograms(yaml, pilot, proxy)
      return mesh
    } catch (error) {
      await mesh[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Replaces the configuration. */
  apply(yaml: string): void {
    writeFileSync(join(this.folder, 'config', 'objects.yaml'), yaml)
  }

  /** GET of `http://host/path`, as an application with `http_proxy` sends it. */
  get(url: string): Promise<SmallReply> {
    const { host } = new URL(url)
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: this.proxyPort, path: url, headers: { host }, agent: false }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      })
      call.on('error', reject)
      call.end()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resources.disposeAsync()
  }

  private async startPrograms(yaml: string, pilot: readonly string[], proxy: readonly string[]): Promise<void> {
    const config = join(this.folder, 'config')
    mkdirSync(config)
    this.apply(yaml)
    const meshConfig = join(this.folder, 'mesh.yaml')
    writeFileSync(
      meshConfig,
      `apiVersion: meshwork.dev/v1\nkind: MeshConfig\nmetadata: {name: default}\nspec: {proxyHttpPort: ${this.proxyPort}}\n`,
    )
    const xds = `unix:${join(this.folder, 'xds.sock')}`
    const http = `127.0.0.1:${await freePort()}`
    const pilotFlags = ['--config-dir', config, '--mesh-config', meshConfig, '--xds-address', xds, '--http-address', http, ...pilot]
    const controlPlane = this.resources.use(startProgram(builtProgram('pilot/main'), { name: 'pilot', args: pilotFlags }))
    await controlPlane.whenReady()
    const node = 'sidecar~127.0.0.1~client.default~default.svc.cluster.local'
    const admin = `unix:${join(this.folder, 'admin.sock')}`
    const proxyFlags = [
      '--node',
      node,
      '--namespace',
      'default',
      '--xds',
      xds,
      '--admin',
      admin,
      '--sds',
      'unix:/nonexistent/sds',
      ...proxy,
    ]
    const child = this.resources.use(startProgram(builtProgram('proxy/main'), { name: 'proxy', args: proxyFlags }))
    // It is not ready without a certificate, but serves; scenarios wait for what they need.
    void child.whenReady().catch(() => undefined)
  }
}

/** A server on loopback that answers every request with its name. */
export async function namedServer(name: string): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((_, response) => response.end(name))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
