#!/usr/bin/env node
import { runProcess } from '@meshwork/core/lifecycle'
import { DirectorySecretStore } from '@meshwork/core/ports'
import { systemClock } from '@meshwork/core/time'

import { buildCitadel } from './citadel.ts'
import { parseCitadelOptions } from './flags/options.ts'

await runProcess('citadel', log => {
  const options = parseCitadelOptions(process.argv.slice(2))
  return buildCitadel(options, { store: new DirectorySecretStore(options.stateDir), clock: systemClock, log })
})
