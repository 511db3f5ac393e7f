import type { ProcessPlan } from './mesh-plan.ts'
import type { WorkloadPorts } from './workload-ports.ts'
import type { WorkloadShape } from './workload.ts'

export interface AppProgram {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** An application: told its port, and that `http://` calls go through its sidecar. Loopback addresses are called directly. */
export function appProcess(workload: WorkloadShape, ports: WorkloadPorts, program: AppProgram, after: readonly string[]): ProcessPlan {
  const proxy = `http://127.0.0.1:${ports.httpProxy}`
  return {
    name: `app/${workload.pod}`,
    role: 'app',
    program: { kind: 'command', argv: program.argv, cwd: program.cwd, port: ports.app },
    env: {
      PORT: String(ports.app),
      SERVICE: workload.service,
      VERSION: workload.labels['version'] ?? '',
      http_proxy: proxy,
      HTTP_PROXY: proxy,
      no_proxy: 'localhost,127.0.0.1,::1',
      NO_PROXY: 'localhost,127.0.0.1,::1',
      ...program.env,
    },
    after,
    ports: { app: ports.app },
    identity: null,
  }
}
