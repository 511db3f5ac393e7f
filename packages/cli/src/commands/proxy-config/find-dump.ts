import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { CommandContext } from '../../command/command.ts'
import { nearest } from '../../command/nearest.ts'
import { usage } from '../../command/values.ts'
import type { ProcessStatus } from '../../local/state/mesh-state.ts'
import { findMesh, requireMesh } from '../../local/state/read-state.ts'
import { readRuns } from '../../local/state/run-file.ts'
import { type ConfigDump, readConfigDump } from '../../mesh-api/config-dump.ts'
import { getJson } from '../../mesh-api/get-json.ts'
import { rowOrigins, type RowOrigins, UNKNOWN_ORIGINS } from '../../mesh-api/row-origins.ts'
import { loadModel } from '../trace-route/load-model.ts'
import { pathsFor } from '../local/state-option.ts'

export interface DumpSource {
  readonly workload: string | undefined
  /** A dump that was saved before. */
  readonly file: string | undefined
  /** Admin address of any proxy, Envoy included. */
  readonly admin: string | undefined
  readonly stateDir: string
  /** Files that say which object made what; those of the running local mesh if empty. */
  readonly config: readonly string[]
}

export interface FoundDump {
  readonly dump: ConfigDump
  readonly raw: unknown
  /** Unknown if there is no local mesh, or its pilot does not answer: rows then show the paths of objects. */
  readonly origins: RowOrigins
}

/** The configuration of the proxy that was named, from whichever place. */
export async function findDump(source: DumpSource, context: CommandContext): Promise<FoundDump> {
  const raw = await rawDump(source, context)
  return { dump: readConfigDump(raw), raw, origins: await knownOrigins(source, context) }
}

async function knownOrigins({ stateDir, config }: DumpSource, context: CommandContext): Promise<RowOrigins> {
  if (config.length === 0 && (await findMesh(pathsFor(stateDir, context))).kind !== 'running') return UNKNOWN_ORIGINS
  const loaded = loadModel(config, stateDir, context).then(({ model, cite }) => rowOrigins(model, cite))
  return config.length > 0 ? loaded : loaded.catch(() => UNKNOWN_ORIGINS)
}

async function rawDump({ workload, file, admin, stateDir }: DumpSource, context: CommandContext): Promise<unknown> {
  if (file !== undefined) return readDumpFile(resolve(context.cwd, file))
  if (admin !== undefined) return getJson('the proxy', `http://${admin}/config_dump?include_eds`)
  if (workload === undefined) throw usage('a workload is needed, or --admin, or --file', 'meshctl local status shows the workloads')
  const proxy = await findProxy(workload, stateDir, context)
  return getJson(proxy.name, `http://127.0.0.1:${proxy.ports['admin']}/config_dump?include_eds`)
}

async function readDumpFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new MeshError('FILE_INVALID', `cannot read a dump from ${file}: ${messageOf(error)}`, {
      source: 'config',
      nextStep: 'save one with: curl -s ADMIN/config_dump?include_eds > dump.json',
    })
  }
}

/** `reviews-v1`, `reviews-v1.default`, `sidecar/reviews-v1` and `gateway` all name a proxy. */
async function findProxy(typed: string, stateDir: string, context: CommandContext): Promise<ProcessStatus> {
  const paths = pathsFor(stateDir, context)
  const state = await requireMesh(paths)
  const all = [...state.processes, ...(await readRuns(paths)).flatMap(run => run.processes)]
  const proxies = all.filter(each => each.role === 'sidecar' || each.role === 'gateway')
  const wanted = typed.replace(/^sidecar\//, '').replace(/\.[a-z0-9-]+$/, '')
  const found = proxies.find(each => shortName(each) === wanted || (each.role === 'gateway' && wanted === 'istio-ingressgateway'))
  if (found !== undefined) return found
  const names = proxies.map(shortName)
  const guess = nearest(wanted, names)
  throw new MeshError(
    'UNKNOWN_WORKLOAD',
    `no workload '${typed}' in mesh '${state.name}'${guess === undefined ? '' : `, did you mean '${guess}'?`}`,
    {
      source: 'config',
      nextStep: `choose one of: ${names.join(', ')}`,
    },
  )
}

function shortName(process: ProcessStatus): string {
  return process.name.replace(/^sidecar\//, '')
}
