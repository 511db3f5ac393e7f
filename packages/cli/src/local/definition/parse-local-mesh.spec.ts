import { formatViolation } from '@meshwork/core/result'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseLocalMesh } from './parse-local-mesh.ts'

const HEAD = 'apiVersion: meshwork.dev/v1alpha1\nkind: LocalMesh\n'

function violationsOf(spec: string): readonly string[] {
  const result = parseLocalMesh(parse(HEAD + spec), '/shop')
  return result.kind === 'ok' ? [] : result.error.map(formatViolation)
}

describe('parseLocalMesh', () => {
  it('fills in what is not said', () => {
    const result = parseLocalMesh(
      parse(`${HEAD}spec:\n  config: [conf]\n  services:\n  - {name: web, port: 80, versions: [{command: [node, x]}]}\n`),
      '/shop',
    )
    expect(result).toEqual({
      kind: 'ok',
      value: {
        name: 'local',
        namespace: 'default',
        directory: '/shop',
        config: ['/shop/conf'],
        gateway: null,
        services: [
          {
            name: 'web',
            port: 80,
            serviceAccount: 'web',
            versions: [{ version: 'v1', command: ['node', 'x'], env: {}, envoy: null, metrics: null, instances: 1 }],
          },
        ],
      },
    })
  })

  it.each([
    ['spec: {servces: []}', "spec.servces: unknown field 'servces' (did you mean 'services'?)"],
    ['spec: {services: 5}', 'spec.services: must be a sequence'],
    ['spec: {gateway: {ports: [80]}}', 'spec.gateway.ports[0]: must be a port from 1024 to 65535: lower ones need root'],
    ['spec: {gateway: {}}', 'spec.gateway.ports: must list at least one port'],
    ['spec: {services: [{name: Web, port: 1, versions: [{command: [x]}]}]}', 'spec.services[0].name: must be a name of lower-case letters'],
    ['spec: {services: [{name: w, port: 0, versions: [{command: [x]}]}]}', 'spec.services[0].port: must be a whole number from 1 to 65535'],
    ['spec: {services: [{name: w, port: 1}]}', 'spec.services[0].versions: must list at least one version'],
    ['spec: {services: [{name: w, port: 1, versions: [{command: []}]}]}', 'spec.services[0].versions[0].command: must list a program'],
    ['spec: {services: [{name: w, port: 1, versions: [{command: [x], env: {A: 1}}]}]}', 'versions[0].env.A: must be a text'],
    ['spec: {services: [{name: w, port: 1, versions: [{command: [x], instances: 17}]}]}', 'instances: must be a whole number from 1 to 16'],
    ['spec: []', 'spec: must be a mapping'],
    ['metadata: {name: x}', 'spec: must be a mapping'],
  ])('%s is refused', (spec, message) => {
    expect(violationsOf(spec).join('\n')).toContain(message)
  })

  it('reports every violation at once, and duplicates', () => {
    const one = '{name: w, port: 1, versions: [{command: [x]}, {command: [x]}]}'
    expect(violationsOf(`spec: {services: [${one}, ${one}], x: 1}`)).toHaveLength(4)
  })
})
