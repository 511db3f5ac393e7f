import { fileURLToPath } from 'node:url'

import { stringify } from 'yaml'

import type { EchoService, MeshShape } from '../mesh.ts'

const ECHO_PROGRAM = fileURLToPath(new URL('../../apps/echo.ts', import.meta.url))

/** The port that Gateway objects of scenarios name. */
export const GATEWAY_PORT = 8080

/** The mesh file of `meshctl local up` for a scenario. */
export function meshFile(shape: MeshShape): string {
  return stringify({
    apiVersion: 'meshwork.dev/v1alpha1',
    kind: 'LocalMesh',
    metadata: { name: shape.name },
    spec: { namespace: 'default', config: ['config'], gateway: { ports: [GATEWAY_PORT] }, services: shape.services.map(serviceOf) },
  })
}

function serviceOf(service: EchoService): object {
  return {
    name: service.name,
    port: service.port,
    serviceAccount: service.name,
    versions: service.versions.map(version => ({
      version,
      command: [process.execPath, '--disable-warning=ExperimentalWarning', ECHO_PROGRAM],
      env: { ECHO_NAME: `${service.name}-${version}` },
    })),
  }
}
