#!/usr/bin/env node
import { runProcess } from '@meshwork/core/lifecycle'
import { systemClock } from '@meshwork/core/time'

import { clusterCitadel } from './cluster/cluster-citadel.ts'
import { parseCitadelOptions } from './flags/options.ts'
import { localCitadel } from './local-citadel.ts'

await runProcess('citadel', async log => {
  const options = parseCitadelOptions(process.argv.slice(2))
  return (await clusterCitadel(options, systemClock, log)) ?? localCitadel(options, systemClock, log)
})
