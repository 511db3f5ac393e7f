#!/usr/bin/env node
import { runProcess } from '@meshwork/core/lifecycle'
import { systemClock } from '@meshwork/core/time'
import { parseMixerOptions } from './flags/options.ts'
import { buildMixer } from './mixer.ts'

await runProcess('mixer', log => Promise.resolve(buildMixer(parseMixerOptions(process.argv.slice(2)), { clock: systemClock, log })))
