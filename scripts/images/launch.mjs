#!/usr/local/bin/node --disable-warning=ExperimentalWarning
// In images, under the name of each program: starts what the build made of it. No shell is needed for that.
import { basename } from 'node:path'

const PROGRAMS = {
  'meshwork-pilot': 'pilot/dist/program/main.js',
  'meshwork-citadel': 'citadel/dist/program/main.js',
  'meshwork-mixer': 'mixer/dist/program/main.js',
  'meshwork-proxy': 'proxy/dist/program/main.js',
  'meshwork-agent': 'proxy/dist/program/agent-main.js',
  'meshwork-init': 'proxy/dist/program/init-main.js',
  'meshwork-node-agent': 'node-agent/dist/program/main.js',
  'meshwork-adapter-denier': 'adapters/dist/program/denier/main.js',
  'meshwork-adapter-prometheus': 'adapters/dist/program/prometheus/main.js',
  meshctl: 'cli/dist/program/main.js',
}

/** Of `meshwork-proxy wait`, which is in a hurry. */
const WAIT = 'proxy/dist/program/wait-main.js'

const [, path, word] = process.argv
const name = basename(path)
const program = await import(`/opt/meshwork/packages/${name === 'meshwork-proxy' && word === 'wait' ? WAIT : PROGRAMS[name]}`)
// The others begin when they are imported.
if ('runMeshctl' in program) process.exitCode = await program.runMeshctl(process.argv.slice(2), program.systemIo())
