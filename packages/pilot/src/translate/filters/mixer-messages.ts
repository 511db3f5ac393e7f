import { HttpClientConfig, ServiceConfig } from '@meshwork/protos/istio/mixer/v1/config/client/client_config'
import { messageType, type MessageType } from '@meshwork/protos/any'

export const MIXER_CLIENT: MessageType<HttpClientConfig> = messageType('istio.mixer.v1.config.client.HttpClientConfig', HttpClientConfig)
export const MIXER_SERVICE: MessageType<ServiceConfig> = messageType('istio.mixer.v1.config.client.ServiceConfig', ServiceConfig)
