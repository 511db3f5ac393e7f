#!/usr/bin/env node
// `meshwork-init`: the first container of a pod. Ends when its connections go through the proxy, or with the reason why not.
import { readFileSync } from 'node:fs'

import { MeshError, messageOf } from '@meshwork/core/result'
import { systemClock } from '@meshwork/core/time'

import { parseResolvConf } from './dns/resolv-conf.ts'
import { applyInterception } from './interception/apply-interception.ts'
import { parseInitOptions } from './interception/interception-flags.ts'
import { validateInterception } from './interception/validate-interception.ts'

/** The agent of a node names the file of the pod whose rules it changes. Without the zone of a link-local address, which is no part of a packet's destination. */
function nameServers(): readonly string[] {
  return parseResolvConf(readFileSync(process.env['RESOLV_CONF'] ?? '/etc/resolv.conf', 'utf8')).servers.map(server =>
    server.replace(/%.*$/, ''),
  )
}

try {
  const options = parseInitOptions(process.argv.slice(2), process.env, nameServers())
  if (!options.skipRules) process.stdout.write(applyInterception(options))
  if (options.validate) await validateInterception(systemClock)
} catch (error) {
  const next = error instanceof MeshError && error.nextStep !== undefined ? `; next: ${error.nextStep}` : ''
  process.stderr.write(`error ${error instanceof MeshError ? error.code : 'INIT_FAILED'}: ${messageOf(error)}${next}\n`)
  process.exitCode = 1
}
