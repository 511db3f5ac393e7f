import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Must } from './check/must.ts'

/** A proxy that ran in the recording. */
export interface ProxySpec {
  readonly role: string
  readonly kind: 'sidecar' | 'router'
  readonly pod: string
  readonly namespace: string
  readonly ip: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly locality?: string
}

export interface EndpointSpec {
  readonly name: string
  readonly service: string | null
  readonly ip: string
  readonly listens: readonly { readonly port: number; readonly proto: string }[]
  readonly behaviour?: EndpointBehaviour
  readonly sidecar?: boolean
}

export interface EndpointBehaviour {
  readonly status?: number
  readonly delayMs?: number
  readonly down?: boolean
}

export interface RequestSpec {
  readonly id: string
  readonly from: string
  /** `address:port`. */
  readonly dial: string
  readonly proto: 'http' | 'http10' | 'h2c' | 'https' | 'h2' | 'grpc' | 'tcp' | 'ws'
  readonly method?: string
  readonly host?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly headerList?: readonly (readonly [string, string])[]
  readonly body?: string
  readonly count?: number
  readonly concurrency?: number
  readonly waitBeforeSeconds?: number
  readonly giveUpAfterMs?: number
  readonly source?: string
  readonly sni?: string
  readonly alpn?: string | readonly string[]
  readonly clientCert?: string
  readonly note?: string
}

export interface Expectation {
  readonly request: string
  readonly must: Must
}

export interface Scenario {
  readonly id: string
  readonly config: string
  readonly meshConfig?: Readonly<Record<string, unknown>>
  readonly proxies: readonly ProxySpec[]
  readonly endpoints: readonly EndpointSpec[]
  readonly requests: readonly RequestSpec[]
  readonly expect: readonly Expectation[]
  /** The objects for the control plane, secrets filled in. */
  readonly yaml: string
}

/** Makes the keys, certificates and tokens the scenarios refer to. */
export interface Fixtures {
  fill(text: string): string
  file(name: string): string
}

const SCENARIO_FILE = /^\d+-.*\.json$/
export const VALIDATION_FILE = '900-validation.json'

/** Ids of all scenarios in the folder, in order. */
export function scenarioIds(dir: string): readonly string[] {
  return readdirSync(dir)
    .filter(file => SCENARIO_FILE.test(file) && file !== VALIDATION_FILE)
    .map(file => file.replace(/\.json$/, ''))
    .toSorted()
}

export function readScenario(dir: string, id: string, fixtures: Fixtures): Scenario {
  const parsed: Omit<Scenario, 'yaml'> = JSON.parse(fixtures.fill(readFileSync(join(dir, `${id}.json`), 'utf8')))
  return { ...parsed, yaml: fixtures.fill(readFileSync(join(dir, parsed.config), 'utf8')) }
}

/** The generator lies with the recordings, so that no secret is stored anywhere. */
export async function loadFixtures(dir: string, outFolder: string): Promise<Fixtures> {
  const generator: { makeFixtures(from: string, to: string): Fixtures } = await import(pathToFileURL(join(dir, 'fixtures.mjs')).href)
  return generator.makeFixtures(dir, outFolder)
}
