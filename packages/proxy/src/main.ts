#!/usr/bin/env node
import { runProcess } from '@meshwork/core/lifecycle'
import { jsonLogger, parseLogLevel } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'

import { LogLevelSwitch, SwitchableLogger } from './admin/index.ts'
import { parseProxyOptions } from './bootstrap/proxy-options.ts'
import { buildProxy } from './process/index.ts'

await runProcess('proxy', () => {
  const options = parseProxyOptions(process.argv.slice(2))
  const levels = new LogLevelSwitch(parseLogLevel(process.env['MESHWORK_LOG_LEVEL'] ?? 'info'))
  const log = new SwitchableLogger(jsonLogger('proxy', 'debug').child({ node: options.node }), levels)
  const { runners, stopWaiting } = buildProxy(options, { clock: systemClock, log, levels })
  // A proxy may wait long for its control plane. Whoever asks it to stop meanwhile, or is gone, need not wait as well.
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, stopWaiting)
  return Promise.resolve(runners)
})
