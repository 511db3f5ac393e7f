import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { objectParser, readRawObject } from '@meshwork/config/kinds'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { loadLocalMesh } from '../definition/load-local-mesh.ts'
import { planMesh, portDemands } from '../plan/plan-mesh.ts'
import { workloadPorts } from '../plan/workload-ports.ts'
import { workloadShape } from '../plan/workload.ts'
import { statePaths } from '../state/state-paths.ts'
import { runObjects, runServiceObject } from './run-objects.ts'

const SAMPLE = fileURLToPath(new URL('../../../../../examples/bookinfo', import.meta.url))
const parser = objectParser()

/** What the mesh thinks of a document: nothing, if it is as it should be. */
function complaints(document: unknown): unknown {
  const raw = readRawObject(document, { file: 'test', line: 1 }, 0)
  if (raw.kind === 'err') return raw.error
  const outcome = parser.parse(raw.value)
  return outcome.kind === 'object' ? [] : outcome
}

describe('objects that local mode generates', () => {
  it('are accepted by the parser that pilot and mixer use', async () => {
    const mesh = await loadLocalMesh(join(SAMPLE, 'mesh.yaml'))
    const ports = new Map(portDemands(mesh, { kind: 'as-named' }).map(({ name }, index) => [name, 20_000 + index]))
    const { registry, meshConfig } = planMesh({ mesh, paths: statePaths('/state'), config: [], ports })
    const documents = [meshConfig, ...registry.flatMap(file => file.documents)]
    expect(documents.length).toBeGreaterThan(20)
    for (const document of documents) expect(complaints(document), JSON.stringify(document)).toEqual([])
  })

  it('are accepted for programs that join', () => {
    const workload = workloadShape({
      pod: 'web-v1',
      namespace: 'default',
      service: 'web',
      servicePort: 80,
      serviceAccount: 'web',
      version: 'v1',
    })
    const table = new Map(['app', 'inbound', 'httpProxy', 'admin', 'status'].map((part, index) => [`web-v1.${part}`, 20_000 + index]))
    const documents = [...runObjects({ workload, ports: workloadPorts('web-v1', table) }, true), runServiceObject('web', 'default', 80)]
    for (const document of documents) expect(complaints(document), JSON.stringify(document)).toEqual([])
  })
})

describe('configuration of the sample', () => {
  const files = readdirSync(join(SAMPLE, 'config'))
  it.each(files)('%s is accepted', file => {
    for (const document of parseAllDocuments(readFileSync(join(SAMPLE, 'config', file), 'utf8'))) {
      expect(complaints(document.toJS())).toEqual([])
    }
  })
})
