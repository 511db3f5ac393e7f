import { resolve } from 'node:path'
import { err, ok, type Result, type Violation } from '@meshwork/core/result'
import type { LocalGateway, LocalMesh, LocalService, LocalVersion } from './local-mesh.ts'
import { Fields, isMapping, Problems } from './yaml-fields.ts'

export const LOCAL_MESH_API = 'meshwork.dev/v1alpha1'
export const LOCAL_MESH_KIND = 'LocalMesh'

/** RFC 1123 label, as Kubernetes demands of service and namespace names. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const LABEL_WHAT = 'a name of lower-case letters, digits and dashes, at most 63 long'
const VERSION = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
const PATH = /^\/[\x21-\x7e]*$/
const LOWEST_PORT = 1024
const HIGHEST_PORT = 65_535
const MOST_INSTANCES = 16

/** Reads a `LocalMesh` from a parsed YAML document; relative paths are resolved against `directory`. All violations are returned. */
export function parseLocalMesh(document: unknown, directory: string): Result<LocalMesh, readonly Violation[]> {
  const problems = new Problems()
  const top = new Fields(document, '', ['apiVersion', 'kind', 'metadata', 'spec'], problems)
  top.text('apiVersion', /^meshwork\.dev\/v1alpha1$/, LOCAL_MESH_API)
  top.text('kind', /^LocalMesh$/, LOCAL_MESH_KIND)
  const metadata = new Fields(top.value('metadata') ?? {}, 'metadata', ['name', 'labels', 'annotations'], problems)
  const spec = new Fields(top.value('spec'), 'spec', ['namespace', 'config', 'gateway', 'services'], problems)
  const mesh: LocalMesh = {
    name: metadata.text('name', LABEL, LABEL_WHAT, 'local'),
    namespace: spec.text('namespace', LABEL, LABEL_WHAT, 'default'),
    directory,
    config: spec.texts('config').map(path => resolve(directory, path)),
    gateway: spec.has('gateway') ? readGateway(new Fields(spec.value('gateway'), 'spec.gateway', ['ports'], problems)) : null,
    services: spec.list('services', (value, path) => readService(value, path, directory, problems)),
  }
  reportDuplicates(mesh, problems)
  return problems.found.length === 0 ? ok(mesh) : err(problems.found)
}

function readGateway(fields: Fields): LocalGateway {
  const ports = fields.list('ports', (value, path) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= LOWEST_PORT && value <= HIGHEST_PORT) return value
    fields.add(path.slice(fields.path.length + 1), 'range', `must be a port from ${LOWEST_PORT} to ${HIGHEST_PORT}: lower ones need root`)
    return LOWEST_PORT
  })
  if (ports.length === 0) fields.add('ports', 'required', 'must list at least one port')
  return { ports }
}

function readService(value: unknown, path: string, directory: string, problems: Problems): LocalService {
  const fields = new Fields(value, path, ['name', 'port', 'serviceAccount', 'versions'], problems)
  const name = fields.text('name', LABEL, LABEL_WHAT)
  const versions = fields.list('versions', (item, itemPath) => readVersion(item, itemPath, directory, problems))
  if (versions.length === 0) fields.add('versions', 'required', 'must list at least one version')
  return {
    name,
    port: fields.whole('port', 1, HIGHEST_PORT),
    serviceAccount: fields.text('serviceAccount', LABEL, LABEL_WHAT, name),
    versions,
  }
}

function readVersion(value: unknown, path: string, directory: string, problems: Problems): LocalVersion {
  const fields = new Fields(value, path, ['version', 'command', 'env', 'envoy', 'metrics', 'instances'], problems)
  const command = fields.texts('command')
  if (command.length === 0) fields.add('command', 'required', 'must list a program and its arguments')
  return {
    version: fields.text('version', VERSION, 'a label value', 'v1'),
    command,
    env: readEnv(fields),
    envoy: fields.has('envoy') ? resolve(directory, fields.text('envoy', /./, 'the path of an Envoy')) : null,
    metrics: fields.has('metrics') ? fields.text('metrics', PATH, 'a path like /metrics') : null,
    instances: fields.whole('instances', 1, MOST_INSTANCES, 1),
  }
}

function readEnv(fields: Fields): Readonly<Record<string, string>> {
  const value = fields.value('env')
  if (value === undefined || value === null) return {}
  if (!isMapping(value)) {
    fields.add('env', 'type', 'must be a mapping of names to texts')
    return {}
  }
  const entries = Object.entries(value)
  for (const [name, item] of entries) {
    if (typeof item !== 'string') fields.add(`env.${name}`, 'type', 'must be a text; put numbers in quotes')
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, String(item)]))
}

function reportDuplicates(mesh: LocalMesh, problems: Problems): void {
  const seen = new Set<string>()
  for (const [index, service] of mesh.services.entries()) {
    if (seen.has(service.name)) problems.add(`spec.services[${index}].name`, 'duplicate', `service '${service.name}' is defined twice`)
    seen.add(service.name)
    const versions = new Set<string>()
    for (const [at, { version }] of service.versions.entries()) {
      if (versions.has(version))
        problems.add(`spec.services[${index}].versions[${at}].version`, 'duplicate', `version '${version}' is listed twice`)
      versions.add(version)
    }
  }
}
