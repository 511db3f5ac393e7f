import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTestCa, type TestCa } from '../ca/index.ts'
import { freePorts } from '../net/index.ts'
import { type Child, type Program, startProgram } from '../process/index.ts'

export interface Answer {
  readonly status: number
  readonly text: string
}

interface Ports {
  readonly http: number
  readonly webhooks: number
}

/** A pilot in a process of its own whose webhooks are asked as an API server does it: over TLS, on one connection. */
export class WebhookPilot implements AsyncDisposable {
  readonly webhookPort: number
  readonly ca: TestCa
  readonly child: Child
  private readonly folder: string
  private readonly httpPort: number
  private readonly agent: Agent

  private constructor(folder: string, ca: TestCa, ports: Ports, child: Child, agent: Agent) {
    this.folder = folder
    this.ca = ca
    this.webhookPort = ports.webhooks
    this.httpPort = ports.http
    this.child = child
    this.agent = agent
  }

  /**
   * `program` is pilot's main, `name` what API servers call it; `prepare` writes files, and returns the flags beside those of ports and certificates.
   * Configuration is read from the folder `config`.
   */
  static async start(program: Program, name: string, prepare: (at: (file: string) => string) => readonly string[]): Promise<WebhookPilot> {
    const folder = mkdtempSync(path.join(tmpdir(), 'meshwork-webhooks-'))
    const at = (file: string): string => path.join(folder, file)
    const [ca, [xds = 0, http = 0, webhooks = 0]] = await Promise.all([createTestCa(), freePorts(3)])
    const { certificateChainPem, privateKeyPem } = await ca.issue(name)
    mkdirSync(at('config'))
    writeFileSync(at('root.pem'), ca.rootPem)
    writeFileSync(at('chain.pem'), certificateChainPem)
    writeFileSync(at('key.pem'), privateKeyPem)
    const addresses = Object.entries({ '--xds-address': xds, '--http-address': http, '--webhook-address': webhooks })
    const args = [
      ...addresses.flatMap(([flag, port]) => [flag, `127.0.0.1:${port}`]),
      ...['--tls-certificate', at('chain.pem'), '--tls-key', at('key.pem'), '--config-dir', at('config')],
      ...prepare(at),
    ]
    const child = startProgram(program, { name: 'pilot', args })
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca.rootPem, servername: name })
    const made = new WebhookPilot(folder, ca, { http, webhooks }, child, agent)
    try {
      await child.whenReady()
      return made
    } catch (error) {
      await made[Symbol.asyncDispose]()
      throw error
    }
  }

  path(file: string): string {
    return path.join(this.folder, file)
  }

  post(place: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const call = request(
        { host: '127.0.0.1', port: this.webhookPort, path: place, method: 'POST', agent: this.agent, headers },
        answer => {
          let text = ''
          answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
        },
      )
      call.on('error', reject).end(body)
    })
  }

  /** A page of the port for people. */
  async page(place: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.httpPort}${place}`)).text()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.destroy()
    await this.child.stop()
    rmSync(this.folder, { recursive: true })
  }
}
