#!/usr/bin/env node
import { runProcess } from '@meshwork/core/lifecycle'
import { systemClock } from '@meshwork/core/time'

import { parseAgentOptions } from './agent/agent-options.ts'
import { buildEnvoyAgent } from './agent/envoy-agent.ts'

await runProcess('agent', log => {
  const ended = (exitCode: number): void => {
    // The agent stops as if asked to, and ends with Envoy's code.
    process.once('exit', () => {
      process.exitCode = exitCode
    })
    process.kill(process.pid, 'SIGTERM')
  }
  return buildEnvoyAgent(parseAgentOptions(process.argv.slice(2)), { clock: systemClock, log, ended })
})
