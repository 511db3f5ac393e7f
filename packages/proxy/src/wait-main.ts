#!/usr/bin/env node
// `meshwork-proxy wait`, as a program of its own: it runs beside a proxy that starts, and shall not take half of its CPU from it.
import { waitUntilReady } from './pod/wait-until-ready.ts'

// The first word is `wait`.
await waitUntilReady(process.argv.slice(3))
