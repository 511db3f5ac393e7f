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

const program = await import(`/opt/meshwork/packages/${PROGRAMS[basename(process.argv[1])]}`)
// The others begin when they are imported.
if ('runMeshctl' in program) process.exitCode = await program.runMeshctl(process.argv.slice(2), program.systemIo())
