import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa } from '@meshwork/testkit/ca'
import { runSuite } from '@meshwork/testkit/conformance'

/** A request and what must come of it, as the recorded scenarios write both (their README). */
export interface ToldRequest {
  readonly request: Readonly<Record<string, unknown>>
  readonly must: Readonly<Record<string, unknown>>
}

export interface ToldScenario {
  readonly proxies: readonly object[]
  readonly endpoints: readonly object[]
  /** Objects for pilot; `${pem64:NAME}` stands for a file of `certificates`, `${file:NAME}` for its path. */
  readonly objects: string
  readonly meshConfig?: object
  /** `NAME.crt` and `NAME.key` for each name, from one authority, whose root is `ca.crt`. */
  readonly certificates: readonly string[]
  readonly requests: Readonly<Record<string, ToldRequest>>
}

/**
 * Runs pilot and real proxies in network namespaces on a scenario of our own. Gives, by the name of each request, what differed:
 * nothing where it went as told.
 */
export async function runTold(scenario: ToldScenario, dataplane: 'meshwork' | 'envoy'): Promise<(request: string) => readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-told-'))
  try {
    await writeScenario(folder, scenario)
    for await (const { detail } of runSuite('traffic', folder, { only: '001', dataplane })) {
      const lines = (detail ?? '').split('\n')
      const known = Object.keys(scenario.requests).some(name => lines.some(line => line.startsWith(`${name}: `)))
      if (detail !== undefined && !known) throw new Error(detail)
      return request => lines.filter(line => line.startsWith(`${request}: `))
    }
    throw new Error('nothing ran')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeScenario(folder: string, scenario: ToldScenario): Promise<void> {
  const files = await certificateFiles(scenario.certificates)
  const { objects, requests, certificates: _, ...rest } = scenario
  const told = {
    ...rest,
    id: '001-told',
    config: '001-told.yaml',
    requests: Object.entries(requests).map(([id, { request }]) => ({ id, from: 'outside', method: 'GET', path: '/', ...request })),
    expect: Object.entries(requests).map(([request, { must }]) => ({ request, must })),
  }
  writeFileSync(join(folder, '001-told.json'), JSON.stringify(told))
  writeFileSync(join(folder, '001-told.yaml'), objects)
  writeFileSync(join(folder, '900-validation.json'), '{"cases": []}')
  writeFileSync(join(folder, 'fixtures.mjs'), FIXTURES.replace('FILES', JSON.stringify(files)))
}

async function certificateFiles(names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const authority = await createTestCa()
  const files: Record<string, string> = { 'ca.crt': authority.rootPem }
  for (const name of names) {
    const { certificateChainPem, privateKeyPem } = await authority.issue(name)
    files[`${name}.crt`] = certificateChainPem
    files[`${name}.key`] = privateKeyPem
  }
  return files
}

/** The module beside the scenarios that the suite asks for keys. */
const FIXTURES = `
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
const files = FILES
export function makeFixtures(_from, to) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(to, name), text)
  const base64 = (_, name) => Buffer.from(files[name]).toString('base64')
  const path = (_, name) => join(to, name)
  const fill = text => text.replaceAll(/\\$\\{pem64:([^}]+)\\}/g, base64).replaceAll(/\\$\\{file:([^}]+)\\}/g, path)
  return { fill, file: name => join(to, name) }
}
`
