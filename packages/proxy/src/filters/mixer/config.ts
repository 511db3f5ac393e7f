import { type AttributeBag, fromPlain, LayeredBag, toPlain } from '@meshwork/core/attributes'
import { err, ok, type Result, violation, type Violation } from '@meshwork/core/result'
import { Attributes } from '@meshwork/protos/istio/mixer/v1/attributes'
import {
  HttpClientConfig,
  NetworkFailPolicy_FailPolicy,
  type NetworkFailPolicy,
  ServiceConfig,
} from '@meshwork/protos/istio/mixer/v1/config/client/client_config'

import type { MixerClientConfig } from '../../mixer-client/index.ts'

/** Settings of one service, that is of one route (`istio.mixer.v1.config.client.ServiceConfig`). */
export interface MixerServiceConfig {
  readonly kind: 'mixer-service'
  readonly check: boolean
  readonly report: boolean
  readonly attributes: AttributeBag
  /** null: the filter's. */
  readonly failOpen: boolean | null
  /** Sent to the next proxy, on top of the filter's. */
  readonly forward: AttributeBag
}

/** The filter for one listener (`istio.mixer.v1.config.client.HttpClientConfig`). */
export interface MixerFilterConfig {
  readonly client: MixerClientConfig
  readonly attributes: AttributeBag
  readonly forward: AttributeBag
  readonly failOpen: boolean
  /** What applies to requests that no route matched. */
  readonly defaultService: MixerServiceConfig
}

const DEFAULT_CLUSTER = 'mixer_server'

const NO_ATTRIBUTES: Attributes = { attributes: {} }

/** Decodes the filter's `Any`; bytes that are no such message are a violation. */
export function decodeMixerFilterConfig(bytes: Uint8Array): Result<MixerFilterConfig, readonly Violation[]> {
  return decoded(() => {
    const message = HttpClientConfig.decode(bytes)
    const { transport } = message
    const byDefault = message.serviceConfigs[message.defaultDestinationService]
    return {
      client: {
        checkCluster: transport?.checkCluster || DEFAULT_CLUSTER,
        reportCluster: transport?.reportCluster || DEFAULT_CLUSTER,
        checkCache: transport?.disableCheckCache !== true,
        reportBatch: transport?.disableReportBatch !== true,
      },
      attributes: bagFrom(message.mixerAttributes),
      forward: bagFrom(message.forwardAttributes),
      failOpen: failsOpen(transport?.networkFailPolicy) ?? true,
      // Nothing is known of the service then: report the request, but hold it up for nobody's policy.
      defaultService: serviceConfig(byDefault ?? ServiceConfig.fromPartial({ disableCheckCalls: true })),
    }
  })
}

/** Decodes the per-route settings. */
export function decodeMixerServiceConfig(bytes: Uint8Array): Result<MixerServiceConfig, readonly Violation[]> {
  return decoded(() => serviceConfig(ServiceConfig.decode(bytes)))
}

function serviceConfig(message: ServiceConfig): MixerServiceConfig {
  return {
    kind: 'mixer-service',
    check: !message.disableCheckCalls,
    report: !message.disableReportCalls,
    attributes: bagFrom(message.mixerAttributes),
    failOpen: failsOpen(message.networkFailPolicy),
    forward: bagFrom(message.forwardAttributes),
  }
}

function failsOpen(policy: NetworkFailPolicy | undefined): boolean | null {
  return policy === undefined ? null : policy.policy === NetworkFailPolicy_FailPolicy.FAIL_OPEN
}

function bagFrom(attributes: Attributes | undefined): LayeredBag {
  return fromPlain(attributes ?? NO_ATTRIBUTES)
}

function decoded<T>(decode: () => T): Result<T, readonly Violation[]> {
  try {
    return ok(decode())
  } catch (error) {
    return err([violation('', 'undecodable', error instanceof Error ? error.message : 'not a message of this type')])
  }
}

/** Whether per-route settings are this filter's. */
export function isMixerServiceConfig(settings: unknown): settings is MixerServiceConfig {
  return typeof settings === 'object' && settings !== null && 'kind' in settings && settings.kind === 'mixer-service'
}

/** Carries attributes of the source from one proxy to the next; Mixer and applications never see it. */
export const FORWARD_HEADER = 'x-istio-attributes'

/** What goes to the next proxy: the route's attributes on top of the filter's. Empty: nothing. */
export function forwardHeader(filter: AttributeBag, route: AttributeBag): string {
  const merged = new LayeredBag(filter)
  for (const name of route.names()) {
    const value = route.get(name)
    if (value !== undefined) merged.set(name, value)
  }
  return [...merged.names()].length === 0 ? '' : encodeForwarded(merged)
}

/** Header value that carries `attributes` to the next proxy: base64 of the serialized message. */
export function encodeForwarded(attributes: AttributeBag): string {
  return Buffer.from(Attributes.encode(Attributes.fromPartial(toPlain(attributes))).finish()).toString('base64')
}

/** The attributes in such a header; null when it is none. */
export function decodeForwarded(header: string): AttributeBag | null {
  try {
    return fromPlain(Attributes.decode(Buffer.from(header, 'base64')))
  } catch {
    return null
  }
}
