#!/usr/bin/env node
import { runProcess } from '@meshwork/core/lifecycle'
import { systemClock } from '@meshwork/core/time'
import { clusterSource } from './cluster/cluster-source.ts'
import { parseMixerOptions } from './flags/options.ts'
import { buildMixer } from './mixer.ts'

await runProcess('mixer', log => {
  const options = parseMixerOptions(process.argv.slice(2))
  const context = { clock: systemClock, log }
  return Promise.resolve(buildMixer(options, { ...context, cluster: clusterSource(options, context) }))
})
