import type { TracingProvider } from '../../model/tracing.ts'
import { BatchExporter } from './batch.ts'
import type { ExporterDeps } from './exporter-deps.ts'
import { postReport } from './http-collector.ts'
import { zipkinJson } from './zipkin-json.ts'

/** Reports to Zipkin's v2 API. */
export function zipkinExporter(provider: TracingProvider & { kind: 'zipkin' }, deps: ExporterDeps): BatchExporter {
  const headers = { host: provider.hostname, 'content-type': 'application/json' }
  return new BatchExporter('zipkin', deps.clock, deps.stats, async spans => {
    const address = deps.addressOf(provider.cluster)
    if (address === null) return 'skipped'
    return postReport({ address, path: provider.path, headers, body: zipkinJson(spans, deps.serviceName) })
  })
}
