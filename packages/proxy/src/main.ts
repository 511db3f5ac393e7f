#!/usr/bin/env node
import { type Runner, runProcess } from '@meshwork/core/lifecycle'
import { jsonLogger, parseLogLevel } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'

import { LogLevelSwitch, SwitchableLogger } from './admin/index.ts'
import { isBootstrapStart, parseBootstrapOptions } from './bootstrap/command-line.ts'
import { parseProxyOptions } from './bootstrap/proxy-options.ts'
import { podSettings } from './pod/index.ts'
import { waitUntilReady } from './pod/wait-until-ready.ts'
import { buildProxy, StallReporter } from './process/index.ts'

const argv = process.argv.slice(2)
if (argv[0] === 'wait') await waitUntilReady(argv.slice(1))
else
  await runProcess('proxy', () => {
    const levels = new LogLevelSwitch(parseLogLevel(process.env['MESHWORK_LOG_LEVEL'] ?? 'info'))
    return watched(isBootstrapStart(argv) ? startFromBootstrap(argv, levels) : startInMesh(argv, levels))
  })

/** The stall reporter starts first and stops last. */
async function watched(runners: Promise<readonly Runner[]>): Promise<readonly Runner[]> {
  return [new StallReporter(systemClock), ...(await runners)]
}

function startInMesh(argv: readonly string[], levels: LogLevelSwitch): Promise<readonly Runner[]> {
  const options = parseProxyOptions(argv, podSettings(process.env))
  if (options.logLevel !== null) levels.level = options.logLevel
  const log = new SwitchableLogger(jsonLogger('proxy', 'debug').child({ node: options.node }), levels)
  for (const { flag, reason } of options.idle) log.warn('a flag has no effect', { flag, reason })
  const { runners, stopWaiting } = buildProxy(options, { clock: systemClock, log, levels })
  // A proxy may wait long for its control plane. Whoever asks it to stop meanwhile, or is gone, need not wait as well.
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, stopWaiting)
  return Promise.resolve(runners)
}

/** The readers of bootstraps know all definitions, which costs time and memory that a proxy of a mesh need not spend. */
async function startFromBootstrap(argv: readonly string[], levels: LogLevelSwitch): Promise<readonly Runner[]> {
  const options = parseBootstrapOptions(argv)
  if (options.logLevel !== null) levels.level = options.logLevel
  const log = new SwitchableLogger(jsonLogger('proxy', 'debug'), levels)
  for (const { flag, reason } of options.idle) log.warn('a flag has no effect', { flag, reason })
  const { buildBootstrapProxy } = await import('./process/build-bootstrap-proxy.ts')
  const runners = buildBootstrapProxy(options, { clock: systemClock, log, levels })
  if (!options.validateOnly) return runners
  process.stdout.write(`configuration '${options.file ?? '--config-yaml'}' OK\n`)
  process.exit(0)
}
