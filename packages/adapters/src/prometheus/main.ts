#!/usr/bin/env node
import { AdapterServer } from '@meshwork/adapter-sdk'
import type { SocketAddress } from '@meshwork/core/ids'
import { runProcess } from '@meshwork/core/lifecycle'
import { Command, Option } from 'commander'
import { addressFlag } from '../flags/address-flag.ts'
import { type AddressLabels, prometheusAdapter } from './adapter.ts'
import { expositionEndpoint } from './exposition-endpoint.ts'
import { MetricStore } from './metric-store.ts'

interface Flags {
  readonly address: SocketAddress
  readonly metricsAddress: SocketAddress
  readonly addressLabels: AddressLabels
}

await runProcess('prometheus', log => {
  const { address, metricsAddress, addressLabels } = new Command('meshwork-adapter-prometheus')
    .description('a Mixer adapter that exposes metrics for Prometheus to scrape')
    .requiredOption('--address <host:port>', 'where Mixer reaches the adapter', addressFlag)
    .option('--metrics-address <host:port>', 'where /metrics is served', addressFlag, addressFlag('127.0.0.1:42422'))
    .addOption(
      new Option('--address-labels <form>', 'IP addresses in labels: text, or the list of bytes that Istio 1.0 wrote')
        .choices(['text', 'bytes'])
        .default('text'),
    )
    .parse()
    .opts<Flags>()
  const store = new MetricStore()
  return Promise.resolve([
    expositionEndpoint(metricsAddress, store, log),
    new AdapterServer(prometheusAdapter(store, addressLabels), address),
  ])
})
