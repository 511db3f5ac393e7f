import { ExtAuthz } from '@meshwork/protos/envoy/extensions/filters/http/ext_authz/v3/ext_authz'
import { JwtAuthentication } from '@meshwork/protos/envoy/extensions/filters/http/jwt_authn/v3/config'
import { RBAC as HttpRbac } from '@meshwork/protos/envoy/extensions/filters/http/rbac/v3/rbac'
import { ExtAuthz as NetworkExtAuthz } from '@meshwork/protos/envoy/extensions/filters/network/ext_authz/v3/ext_authz'
import { RBAC as NetworkRbac } from '@meshwork/protos/envoy/extensions/filters/network/rbac/v3/rbac'
import { UriTemplateMatchConfig } from '@meshwork/protos/envoy/extensions/path/match/uri_template/v3/uri_template_match'
import { messageType, type MessageType } from '@meshwork/protos/any'

export const HTTP_EXT_AUTHZ: MessageType<ExtAuthz> = messageType('envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', ExtAuthz)
export const HTTP_RBAC: MessageType<HttpRbac> = messageType('envoy.extensions.filters.http.rbac.v3.RBAC', HttpRbac)
export const JWT_AUTHN: MessageType<JwtAuthentication> = messageType(
  'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
  JwtAuthentication,
)
export const NETWORK_EXT_AUTHZ: MessageType<NetworkExtAuthz> = messageType(
  'envoy.extensions.filters.network.ext_authz.v3.ExtAuthz',
  NetworkExtAuthz,
)
export const NETWORK_RBAC: MessageType<NetworkRbac> = messageType('envoy.extensions.filters.network.rbac.v3.RBAC', NetworkRbac)
export const URI_TEMPLATE: MessageType<UriTemplateMatchConfig> = messageType(
  'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
  UriTemplateMatchConfig,
)
