import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { builtProgram, type Child, startProgram } from '../../../process/index.ts'
import type { Scenario } from '../scenario.ts'

export interface ControlPlaneSetting {
  readonly folder: string
  /** Unix socket on which it serves xDS. */
  readonly socket: string
}

/** Starts pilot on the objects of a scenario. */
export function startControlPlane(scenario: Scenario, setting: ControlPlaneSetting): Child {
  const config = join(setting.folder, 'config')
  mkdirSync(config)
  writeFileSync(join(config, 'objects.yaml'), scenario.yaml)
  const mesh = join(setting.folder, 'mesh.yaml')
  // JSON is YAML.
  writeFileSync(mesh, JSON.stringify({ accessLogFile: '/dev/stdout', ...scenario.meshConfig }))
  const args = ['--config-dir', config, '--mesh-config', mesh, '--xds-address', `unix:${setting.socket}`]
  return startProgram(builtProgram('pilot/main'), { name: 'pilot', args })
}
