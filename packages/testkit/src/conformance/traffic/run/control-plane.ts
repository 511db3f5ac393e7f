import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { stringify } from 'yaml'

import { freePort } from '../../../net/index.ts'
import { builtProgram, type Child, startProgram } from '../../../process/index.ts'
import type { Scenario } from '../scenario.ts'

export interface ControlPlaneSetting {
  readonly folder: string
  /** Unix socket on which it serves xDS. */
  readonly socket: string
}

/** Starts pilot on the objects of a scenario. */
export async function startControlPlane(scenario: Scenario, setting: ControlPlaneSetting): Promise<Child> {
  const config = join(setting.folder, 'config')
  mkdirSync(config)
  writeFileSync(join(config, 'objects.yaml'), scenario.yaml)
  const mesh = join(setting.folder, 'mesh.yaml')
  writeFileSync(mesh, stringify(meshConfig(scenario)))
  const args = ['--config-dir', config, '--mesh-config', mesh, '--xds-address', `unix:${setting.socket}`]
  const http = `127.0.0.1:${await freePort()}`
  return startProgram(builtProgram('pilot/main'), { name: 'pilot', args: [...args, '--http-address', http] })
}

function meshConfig(scenario: Scenario): object {
  return {
    apiVersion: 'meshwork.dev/v1',
    kind: 'MeshConfig',
    metadata: { name: 'default' },
    spec: { accessLogFile: '/dev/stdout', ...scenario.meshConfig },
  }
}
