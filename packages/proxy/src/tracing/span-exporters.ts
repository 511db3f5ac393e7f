import type { TracingProvider } from '../model/tracing.ts'
import type { BatchExporter } from './exporters/batch.ts'
import type { ExporterDeps } from './exporters/exporter-deps.ts'
import { openTelemetryExporter } from './exporters/opentelemetry.ts'
import { zipkinExporter } from './exporters/zipkin.ts'

/** All exporters of the process: connection managers that name the same collector share one. */
export class SpanExporters {
  private readonly deps: ExporterDeps
  private readonly byProvider = new Map<string, BatchExporter>()

  constructor(deps: ExporterDeps) {
    this.deps = deps
  }

  open(provider: TracingProvider): BatchExporter {
    const key = JSON.stringify(provider)
    const known = this.byProvider.get(key)
    if (known !== undefined) return known
    const opened = provider.kind === 'zipkin' ? zipkinExporter(provider, this.deps) : openTelemetryExporter(provider, this.deps)
    this.byProvider.set(key, opened)
    return opened
  }

  /** What waits is given to the collectors; nobody waits for their answers. */
  close(): void {
    for (const exporter of this.byProvider.values()) {
      exporter.flush()
      exporter.close()
    }
  }
}
