import {
  type handleUnaryCall,
  type sendUnaryData,
  type Server,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { nanosOf, splitSpan } from '@meshwork/core/attributes'
import { messageOf } from '@meshwork/core/result'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { CheckResult } from '@meshwork/protos/istio/mixer/adapter/model/v1beta1/check'
import type { QuotaResult } from '@meshwork/protos/istio/mixer/adapter/model/v1beta1/quota'
import type { ReportResult } from '@meshwork/protos/istio/mixer/adapter/model/v1beta1/report'
import { type HandleCheckNothingRequest, HandleCheckNothingServiceService } from '@meshwork/protos/istio/mixer/template/checknothing'
import { type HandleListEntryRequest, HandleListEntryServiceService } from '@meshwork/protos/istio/mixer/template/listentry'
import { type HandleLogEntryRequest, HandleLogEntryServiceService } from '@meshwork/protos/istio/mixer/template/logentry'
import { type HandleMetricRequest, HandleMetricServiceService } from '@meshwork/protos/istio/mixer/template/metric'
import { type HandleQuotaRequest, HandleQuotaServiceService } from '@meshwork/protos/istio/mixer/template/quota'
import type { AdapterHandler } from '../adapter.ts'
import { decodeValue, decodeValues } from '../decode-value.ts'
import type { CheckVerdict, QuotaGrant } from '../instances.ts'

/** Which handler a call is for. */
export type HandlerOf = (config: Any | undefined) => AdapterHandler

class NotTaken extends Error {}

function unary<Request extends { adapterConfig: Any | undefined }, Response>(
  handlerOf: HandlerOf,
  run: (handler: AdapterHandler, request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  const answer = async (request: Request, callback: sendUnaryData<Response>): Promise<void> => {
    try {
      callback(null, await run(handlerOf(request.adapterConfig), request))
    } catch (error) {
      callback({ code: error instanceof NotTaken ? status.UNIMPLEMENTED : status.INVALID_ARGUMENT, details: messageOf(error) })
    }
  }
  return (call, callback) => void answer(call.request, callback)
}

function taken<T>(method: T | undefined, template: string): T {
  if (method === undefined) throw new NotTaken(`this adapter does not take instances of template '${template}'`)
  return method
}

function checkResult({ code, message, validNanos, validUseCount }: CheckVerdict): CheckResult {
  return { status: { code, message, details: [] }, validDuration: splitSpan(validNanos), validUseCount }
}

function checkNothing(handlerOf: HandlerOf): UntypedServiceImplementation {
  return {
    handleCheckNothing: unary<HandleCheckNothingRequest, CheckResult>(handlerOf, async (handler, request) =>
      checkResult(await taken(handler.checkNothing?.bind(handler), 'checknothing')({ name: request.instance?.name ?? '' })),
    ),
  }
}

function listEntry(handlerOf: HandlerOf): UntypedServiceImplementation {
  return {
    handleListEntry: unary<HandleListEntryRequest, CheckResult>(handlerOf, async (handler, { instance }) =>
      checkResult(await taken(handler.listEntry?.bind(handler), 'listentry')({ name: instance?.name ?? '', value: instance?.value ?? '' })),
    ),
  }
}

function metric(handlerOf: HandlerOf): UntypedServiceImplementation {
  return {
    handleMetric: unary<HandleMetricRequest, ReportResult>(handlerOf, async (handler, { instances }) => {
      await taken(
        handler.metric?.bind(handler),
        'metric',
      )(
        instances.map(instance => ({
          name: instance.name,
          value: decodeValue(instance.value),
          dimensions: decodeValues(instance.dimensions),
          monitoredResourceType: instance.monitoredResourceType,
          monitoredResourceDimensions: decodeValues(instance.monitoredResourceDimensions),
        })),
      )
      return {}
    }),
  }
}

function logEntry(handlerOf: HandlerOf): UntypedServiceImplementation {
  return {
    handleLogEntry: unary<HandleLogEntryRequest, ReportResult>(handlerOf, async (handler, { instances }) => {
      await taken(
        handler.logEntry?.bind(handler),
        'logentry',
      )(
        instances.map(instance => ({
          name: instance.name,
          variables: decodeValues(instance.variables),
          timestamp: instance.timestamp?.value === undefined ? undefined : nanosOf(instance.timestamp.value),
          severity: instance.severity,
          monitoredResourceType: instance.monitoredResourceType,
          monitoredResourceDimensions: decodeValues(instance.monitoredResourceDimensions),
        })),
      )
      return {}
    }),
  }
}

function quotaResult(name: string, { amount, validNanos }: QuotaGrant): QuotaResult {
  return { quotas: { [name]: { grantedAmount: amount, validDuration: splitSpan(validNanos) } } }
}

function quota(handlerOf: HandlerOf): UntypedServiceImplementation {
  return {
    handleQuota: unary<HandleQuotaRequest, QuotaResult>(handlerOf, async (handler, { instance, dedupId, quotaRequest }) => {
      const name = instance?.name ?? ''
      const asked = quotaRequest?.quotas[name]
      const ask = { amount: asked?.amount ?? 0n, bestEffort: asked?.bestEffort ?? false, dedupId }
      const dimensions = decodeValues(instance?.dimensions ?? {})
      return quotaResult(name, await taken(handler.quota?.bind(handler), 'quota')({ name, dimensions }, ask))
    }),
  }
}

/** The services of all templates: which are taken shows when a handler is called. */
const TEMPLATE_SERVICES: readonly (readonly [ServiceDefinition, (handlerOf: HandlerOf) => UntypedServiceImplementation])[] = [
  [HandleCheckNothingServiceService, checkNothing],
  [HandleListEntryServiceService, listEntry],
  [HandleMetricServiceService, metric],
  [HandleLogEntryServiceService, logEntry],
  [HandleQuotaServiceService, quota],
]

export function addTemplateServices(server: Server, handlerOf: HandlerOf): void {
  for (const [definition, implementation] of TEMPLATE_SERVICES) server.addService(definition, implementation(handlerOf))
}
