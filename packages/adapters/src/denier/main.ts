#!/usr/bin/env node
import { AdapterServer } from '@meshwork/adapter-sdk'
import type { SocketAddress } from '@meshwork/core/ids'
import { runProcess } from '@meshwork/core/lifecycle'
import { Command } from 'commander'
import { addressFlag } from '../flags/address-flag.ts'
import { denier } from './adapter.ts'

await runProcess('denier', () => {
  const { address } = new Command('meshwork-adapter-denier')
    .description('a Mixer adapter that refuses every request')
    .requiredOption('--address <host:port>', 'where Mixer reaches the adapter', addressFlag)
    .parse()
    .opts<{ address: SocketAddress }>()
  return Promise.resolve([new AdapterServer(denier, address)])
})
