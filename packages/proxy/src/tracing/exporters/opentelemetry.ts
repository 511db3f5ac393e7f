import { ChannelCredentials, type Client, Metadata } from '@grpc/grpc-js'
import { ExportTraceServiceRequest, TraceServiceClient } from '@meshwork/protos/opentelemetry/proto/collector/trace/v1/trace_service'
import type { TracingProvider } from '../../model/tracing.ts'
import type { FinishedSpan } from '../span.ts'
import { BatchExporter, type SendOutcome } from './batch.ts'
import type { ExporterDeps } from './exporter-deps.ts'
import { postReport } from './http-collector.ts'
import { otlpRequest } from './otlp-request.ts'

type OpenTelemetry = TracingProvider & { kind: 'opentelemetry' }

const TIMEOUT_MS = 5000

/** Reports by OTLP, over HTTP or gRPC. */
export function openTelemetryExporter(provider: OpenTelemetry, deps: ExporterDeps): BatchExporter {
  const service = provider.serviceName === '' ? deps.serviceName : provider.serviceName
  const send = provider.transport === 'grpc' ? grpcSender(provider, deps) : httpSender(provider)
  return new BatchExporter('opentelemetry', deps.clock, deps.stats, async spans => {
    const address = deps.addressOf(provider.cluster)
    return address === null ? 'skipped' : send(address, spans, service)
  })
}

type Sender = (address: string, spans: readonly FinishedSpan[], service: string) => Promise<SendOutcome>

function httpSender({ path, hostname, headers }: OpenTelemetry): Sender {
  const fields = { ...Object.fromEntries(headers), host: hostname, 'content-type': 'application/x-protobuf' }
  return (address, spans, service) => {
    const body = ExportTraceServiceRequest.encode(otlpRequest(spans, service)).finish()
    return postReport({ address, path, headers: fields, body })
  }
}

/** Keeps one channel, to the endpoint that the cluster had last. */
function grpcSender({ hostname, headers }: OpenTelemetry, { clock }: ExporterDeps): Sender {
  let channel: { readonly address: string; readonly client: TraceServiceClient & Client } | null = null
  const metadata = new Metadata()
  for (const [name, value] of headers) metadata.set(name, value)
  return (address, spans, service) => {
    if (channel?.address !== address) {
      channel?.client.close()
      const options = { 'grpc.enable_http_proxy': 0, 'grpc.default_authority': hostname }
      channel = { address, client: new TraceServiceClient(address, ChannelCredentials.createInsecure(), options) }
    }
    const deadline = { deadline: clock.now() + TIMEOUT_MS }
    const { client } = channel
    return new Promise(resolve => {
      client.export(otlpRequest(spans, service), metadata, deadline, error => resolve(error === null ? 'sent' : 'failed'))
    })
  }
}
