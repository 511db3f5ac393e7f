import type { Rule } from './finding.ts'
import { alphaAnnotation, deprecatedAnnotation, invalidAnnotation, misplacedAnnotation, unknownAnnotation } from './rules/annotations.ts'
import { negativeCondition } from './rules/conditions.ts'
import { conflictingGateways } from './rules/conflicting-gateways.ts'
import { conflictingMeshHosts } from './rules/conflicting-mesh-hosts.ts'
import { conflictingPorts, severalServices } from './rules/deployments.ts'
import { deprecated } from './rules/deprecations.ts'
import { emptySubset, tlsWithoutRoot, tlsWithoutRootOnPort, unknownDestinationHost } from './rules/destination-rules.ts'
import { addIgnored, relativeOperation, relativeOperationWithVersion, removeIgnored, replaceIgnored } from './rules/envoy-filters.ts'
import { externalNamePort } from './rules/external-name.ts'
import {
  duplicateCertificate,
  gatewayCredential,
  gatewayPort,
  gatewayWithoutWorkload,
  missingCredential,
} from './rules/gateway-services.ts'
import { hostNotInGateway } from './rules/host-not-in-gateway.ts'
import { ingressRouteRules, internalGateway } from './rules/ingress-routes.ts'
import { unknownNetworkRegistry } from './rules/mesh-networks.ts'
import { mutualTlsConflict } from './rules/mutual-tls.ts'
import { multipleInjectionLabels, namespaceInjectedByDefault, namespaceNotInjected } from './rules/namespaces.ts'
import { applicationUid, imageAutoInPod, imageAutoInTemplate, podMissingProxy, podProxyImageMismatch } from './rules/pods.ts'
import { claimsWithoutAuthentication, ineffectivePolicy, ineffectiveSelector, policyWithoutWorkload } from './rules/policies.ts'
import { portName } from './rules/port-name.ts'
import { portSelectorRequired } from './rules/port-selector-required.ts'
import { referencedResourceNotFound } from './rules/referenced-resource-not-found.ts'
import { ineffectiveMatch, unreachableRoute } from './rules/route-matches.ts'
import { schemaWarning } from './rules/schema-warnings.ts'
import { addressesRequired, protocolDisagreement } from './rules/service-entries.ts'
import { conflictingSidecarSelectors, multipleSidecarsWithoutSelector } from './rules/sidecar-conflicts.ts'
import { conflictingTelemetrySelectors, multipleTelemetries, telemetryProvider } from './rules/telemetries.ts'
import { unsafeRetries } from './rules/unsafe-retries.ts'
import { externalControlPlane, externalControlPlaneAddress, invalidWebhook } from './rules/webhooks.ts'

/** Every rule, by code. */
export const RULES: readonly Rule[] = [
  deprecated,
  referencedResourceNotFound,
  gatewayWithoutWorkload,
  missingCredential,
  namespaceNotInjected,
  podMissingProxy,
  misplacedAnnotation,
  unknownAnnotation,
  conflictingMeshHosts,
  conflictingSidecarSelectors,
  multipleSidecarsWithoutSelector,
  portSelectorRequired,
  mutualTlsConflict,
  severalServices,
  portName,
  multipleInjectionLabels,
  invalidAnnotation,
  unknownNetworkRegistry,
  policyWithoutWorkload,
  tlsWithoutRoot,
  tlsWithoutRootOnPort,
  unreachableRoute,
  ineffectiveMatch,
  hostNotInGateway,
  schemaWarning,
  addressesRequired,
  deprecatedAnnotation,
  alphaAnnotation,
  conflictingPorts,
  duplicateCertificate,
  invalidWebhook,
  ingressRouteRules,
  applicationUid,
  conflictingGateways,
  imageAutoInTemplate,
  imageAutoInPod,
  namespaceInjectedByDefault,
  claimsWithoutAuthentication,
  externalNamePort,
  relativeOperation,
  replaceIgnored,
  addIgnored,
  removeIgnored,
  relativeOperationWithVersion,
  telemetryProvider,
  podProxyImageMismatch,
  conflictingTelemetrySelectors,
  multipleTelemetries,
  gatewayCredential,
  gatewayPort,
  externalControlPlane,
  externalControlPlaneAddress,
  internalGateway,
  ineffectiveSelector,
  ineffectivePolicy,
  negativeCondition,
  emptySubset,
  unknownDestinationHost,
  protocolDisagreement,
  unsafeRetries,
]
