#!/usr/bin/env node
// `meshwork-init`: the first container of a pod. Ends when its connections go through the proxy, or with the reason why not.
import { readFileSync } from 'node:fs'

import { MeshError, messageOf } from '@meshwork/core/result'

import { parseResolvConf } from './dns/resolv-conf.ts'
import { applyInterception } from './interception/apply-interception.ts'
import { parseInitOptions } from './interception/interception-flags.ts'

/** Without the zone of a link-local address, which is no part of a packet's destination. */
function nameServers(): readonly string[] {
  return parseResolvConf(readFileSync('/etc/resolv.conf', 'utf8')).servers.map(server => server.replace(/%.*$/, ''))
}

try {
  process.stdout.write(applyInterception(parseInitOptions(process.argv.slice(2), process.env, nameServers())))
} catch (error) {
  const next = error instanceof MeshError && error.nextStep !== undefined ? `; next: ${error.nextStep}` : ''
  process.stderr.write(`error ${error instanceof MeshError ? error.code : 'INIT_FAILED'}: ${messageOf(error)}${next}\n`)
  process.exitCode = 1
}
