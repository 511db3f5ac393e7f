import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { CsrResponse } from '@meshwork/protos/istio/security/v1/ca_service'
import type { IstioCertificateResponse } from '@meshwork/protos/istio/security/v1alpha1/ca'

import { freePort } from '../net/index.ts'
import { type Child, type Program, startProgram } from '../process/index.ts'
import { type CallOptions, type CitadelEndpoint, createCertificate, handleCsr, type Reply } from './citadel-calls.ts'
import { createTestTokenIssuer, type TestTokenIssuer } from './test-token-issuer.ts'

/** A real citadel in a process of its own, with a folder of its own. */
export class CitadelProcess implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'citadel-'))
  readonly issuer: TestTokenIssuer = createTestTokenIssuer()
  readonly port: number
  readonly metricsPort: number
  private readonly program: Program
  private readonly extra: readonly string[]
  private child: Child

  private constructor(program: Program, port: number, metricsPort: number, extra: readonly string[]) {
    this.program = program
    this.port = port
    this.metricsPort = metricsPort
    this.extra = extra
    this.issuer.writeKeySet(this.path('jwks.json'))
    this.child = this.spawn()
  }

  /** `program` is citadel's main; `extra` are flags beside those that place it in its folder and on its ports. */
  static async start(program: Program, ...extra: readonly string[]): Promise<CitadelProcess> {
    const citadel = new CitadelProcess(program, await freePort(), await freePort(), extra)
    try {
      await citadel.child.whenReady()
      return citadel
    } catch (error) {
      await citadel[Symbol.asyncDispose]()
      throw error
    }
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  rootPem(): string {
    return readFileSync(this.path('root-cert.pem'), 'utf8')
  }

  log(): string {
    return this.child.log.all()
  }

  stop(): Promise<void> {
    return this.child.stop()
  }

  /** Starts again on the same folder and ports. */
  async restart(): Promise<void> {
    await this.child.stop()
    this.child = this.spawn()
    await this.child.whenReady()
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  }

  /** Calls today's API. */
  createCertificate(csr: string, options: CallOptions = {}): Promise<Reply<IstioCertificateResponse>> {
    return createCertificate(this.endpoint(), csr, options)
  }

  /** Calls 1.0's API. */
  handleCsr(csr: string, options: CallOptions & { readonly minutes?: number } = {}): Promise<Reply<CsrResponse>> {
    return handleCsr(this.endpoint(), csr, options)
  }

  /** A request by OpenSSL for a new key; `options` are those of `openssl req`. */
  opensslRequest(...options: readonly string[]): string {
    const base = ['req', '-new', '-subj', '/', '-nodes', '-keyout', this.path('key.pem'), '-out', this.path('csr.pem')]
    const key = options.includes('-newkey') ? [] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    execFileSync('openssl', [...base, ...key, ...options], { stdio: 'pipe' })
    return readFileSync(this.path('csr.pem'), 'utf8')
  }

  /** What OpenSSL says about `pem`. */
  opensslText(pem: string): string {
    writeFileSync(this.path('leaf.pem'), pem)
    return execFileSync('openssl', ['x509', '-noout', '-text', '-in', this.path('leaf.pem')], { encoding: 'utf8' })
  }

  /** Throws unless OpenSSL verifies `pem` to the root that citadel wrote to its file. */
  opensslVerify(pem: string, purpose: 'sslserver' | 'sslclient'): string {
    writeFileSync(this.path('leaf.pem'), pem)
    const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', this.path('root-cert.pem'), this.path('leaf.pem')]
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  private spawn(): Child {
    const args = [
      ...['--state-dir', this.path('state'), '--address', `127.0.0.1:${this.port}`, '--jwks-file', this.path('jwks.json')],
      ...['--metrics-address', `127.0.0.1:${this.metricsPort}`, '--root-cert-out', this.path('root-cert.pem'), ...this.extra],
    ]
    return startProgram(this.program, { name: 'citadel', args })
  }

  private endpoint(): CitadelEndpoint {
    return { address: `127.0.0.1:${this.port}`, rootPem: this.rootPem() }
  }
}
