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
  // A proxy may wait long for its control plane, and must not do so for a parent that is gone.
  const giveUp = (): void => process.exit(0)
  process.once('disconnect', giveUp)
  const { runners, ready } = buildProxy(options, { clock: systemClock, log, levels })
  void ready.then(() => process.off('disconnect', giveUp))
  return Promise.resolve(runners)
})
